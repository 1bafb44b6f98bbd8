/**
 * `segadv presets`: configurations that come with the toolkit.
 *
 * @module
 */
import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { configToYaml, presets } from "@segadv/segadv";
import { type Context, humanStream } from "../context.ts";
import { nameParser } from "../options.ts";
import { formatTable } from "../ui/table.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const names = [...presets.keys()];
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
  const preset = name === undefined ? undefined : presets.get(name);
  if (preset !== undefined) {
    const needs = preset.needs === null ? "" : `# needs ${preset.needs}\n`;
    stream.write(`# ${preset.name}: ${preset.summary}\n${needs}${configToYaml(preset.config)}`);
    return;
  }
  const rows = [...presets.values()].map(({ name, summary, needs }) => [
    [name, summary],
    ...(needs === null ? [] : [["", `needs ${needs}`]]),
  ]).flat();
  stream.write(formatTable([{ title: "preset" }, { title: "what it trains" }], rows));
}
