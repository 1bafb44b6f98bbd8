/**
 * `segadv completions`: scripts that let a shell complete commands, options, names and keys.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import tab from "@bomb.sh/tab/commander";
import { catalog } from "../catalog.ts";

/** Adds the command to the program; call it after all others. */
export function build(program: CommandUnknownOpts): void {
  // The adapter is typed for plain commander, whose classes these are
  const root = tab(program as never, { completionCommandName: "completions" });
  program.commands.find((command) => command.name() === "completions")
    ?.description("Print a script that completes commands, options, names and keys in a shell.")
    .summary("print a completion script for a shell");
  const set = root.commands.get("train")?.options.get("set");
  if (set !== undefined) {
    set.handler = (complete): void => catalog.configKeys.forEach((key) => complete(`${key}=`, ""));
  }
}
