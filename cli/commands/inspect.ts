/**
 * `segadv inspect`: what things are made of.
 *
 * @module
 */
import {
  Argument,
  type CommandUnknownOpts,
  InvalidArgumentError,
} from "@commander-js/extra-typings";
import { inspectModel, modelRegistry, type ModelReport } from "@segadv/segadv";
import { type Context, humanStream, writeJson } from "../context.ts";
import { datasetOption, nameParser, wholeOption } from "../options.ts";
import { count } from "../ui/format.ts";
import { formatTable } from "../ui/table.ts";
import { runData } from "./_inspect_data.ts";

/** What the command line says. */
export interface InspectModelArguments {
  name: string;
  classes: number;
  width: number;
  json?: boolean | undefined;
}

/** Adds the command and its subcommands to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const inspect = program.command("inspect").summary("look at a network or a data set").description(
    "Look at what things are made of.",
  );
  const names = [...modelRegistry.keys(), "discriminator"];
  inspect.command("model").summary("list a network's layers and count its weights")
    .description("List a network's layers and count its weights, without building it.")
    .addArgument(
      new Argument("<name>", "name of a network").choices(names).argParser(nameParser(names)),
    )
    .addOption(
      wholeOption("--classes <n>", { about: "number of classes", min: 1 }).default(21),
    )
    .option("--width <factor>", "multiplier of channel counts", parseWidth, 1)
    .option("--json", "print the report as one line of JSON")
    .action((name, options) => runModel({ name, ...options }, context));
  inspect.command("data").summary("check a data set before training on it")
    .description(
      "Check a data set: files, sizes, label values, classes, pictures shared by splits. Suggests " +
        "class weights and normalisation. Ends with 1 if training on it would be wrong.",
    )
    .argument("<config|dir>", "config file, or folder whose layout is found out")
    .addOption(datasetOption())
    .addOption(
      wholeOption("--limit <n>", { about: "samples to read of each split (default: all)", min: 1 }),
    )
    .option("--html <file>", "also write pictures under their labels, as one HTML file")
    .addOption(
      wholeOption("--images <n>", { about: "pictures of each split in it", min: 1 }).default(12),
    )
    .option("--json", "print what was found as one line of JSON")
    .action((path, options) => runData({ path, ...options }, context));
}

/** Prints a network's report. */
export function runModel(args: InspectModelArguments, context: Context): void {
  const { name, classes, width, json } = args;
  const report = inspectModel(name, { classes, width });
  if (json === true) writeJson(context, report);
  else humanStream(context, false).write(tableOf(report));
}

function tableOf({ layers, parameters, input }: ModelReport): string {
  const table = formatTable(
    [
      { title: "layer" },
      { title: "kind" },
      { title: "output", align: "right" },
      { title: "weights", align: "right" },
    ],
    layers.map(({ name, kind, output, weights }) => [
      name,
      kind,
      output.join("x"),
      weights.length === 0 ? "" : count(weights.reduce((sum, { shape }) => sum + size(shape), 0)),
    ]),
  );
  return `${table}\n${count(parameters.total)} weights, ${
    count(parameters.trainable)
  } trainable; ` +
    `outputs for an input of ${input.join("x")}\n`;
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function parseWidth(text: string): number {
  const width = Number(text);
  if (text.trim() !== "" && width > 0 && width <= 8) return width;
  throw new InvalidArgumentError("Expected a number above 0, at most 8");
}
