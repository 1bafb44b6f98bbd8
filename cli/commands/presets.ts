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

/** What a file that starts from such a preset's values would lack. */
const FITTED =
  "# with --preset NAME, or `preset: NAME` in a file, crop, batch, augmentation, epochs and " +
  "input sizes follow from the images and the machine\n";

/** Lists all presets, or prints one. */
export function run({ name }: { name?: string | undefined }, context: Context): void {
  const stream = humanStream(context, false);
  const preset = catalog.presets.find((one) => one.name === name);
  if (preset !== undefined) {
    const needs = preset.needs === null ? "" : `# needs ${preset.needs}\n`;
    const fitted = preset.isFitted ? FITTED.replace("NAME", preset.name) : "";
    stream.write(`# ${preset.name}: ${preset.summary}\n${needs}${fitted}${preset.yaml}`);
    return;
  }
  const rows = catalog.presets.map(({ name, summary, needs }) => [
    [name, summary],
    ...(needs === null ? [] : [["", `needs ${needs}`]]),
  ]).flat();
  stream.write(formatTable([{ title: "preset" }, { title: "what it trains" }], rows));
}
