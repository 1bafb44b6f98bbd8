/**
 * `segadv presets`: configurations that come with the toolkit.
 *
 * @module
 */
import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import { type Context, humanStream } from "../context.ts";
import { nameParser } from "../options.ts";
import { formatTable } from "../ui/table.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const names = catalog.presets.map(({ name }) => name);
  program.command("presets").summary("list the presets, or print one")
    .description("List the presets, or print one as YAML to start a configuration from.")
    .addArgument(
      new Argument("[name]", "preset to print").choices(names).argParser(nameParser(names)),
    )
    .action((name) => run({ name }, context));
}

/** Lists all presets, or prints one. */
export function run({ name }: { name?: string | undefined }, context: Context): void {
  const stream = humanStream(context, false);
  const preset = catalog.presets.find((one) => one.name === name);
  if (preset !== undefined) {
    const needs = preset.needs === null ? "" : `# needs ${preset.needs}\n`;
    stream.write(`# ${preset.name}: ${preset.summary}\n${needs}${preset.yaml}`);
    return;
  }
  const rows = catalog.presets.map(({ name, summary, needs }) => [
    [name, summary],
    ...(needs === null ? [] : [["", `needs ${needs}`]]),
  ]).flat();
  stream.write(formatTable([{ title: "preset" }, { title: "what it trains" }], rows));
}
