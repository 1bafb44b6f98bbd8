/**
 * `segadv doctor`: what works on this machine.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("doctor").summary("say what works on this machine")
    .description("Say which backends work here, what auto picks, and what is missing.")
    .option("--json", "print the report as one line of JSON")
    .action(async (options) => {
      const { run } = await import("../actions/doctor.ts");
      await run(options, context);
    });
}
