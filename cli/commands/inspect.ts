/**
 * `segadv inspect`: the layers of a network, the samples of a data set.
 *
 * @module
 */
import {
  Argument,
  type CommandUnknownOpts,
  InvalidArgumentError,
} from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";
import { append, datasetOption, nameParser, wholeOption, widthOption } from "../options.ts";

/** What `--freeze` takes. */
function parseFreeze(text: string): "backbone" | number {
  if (text === "backbone") return text;
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected backbone, or the number of a stage");
}

/** Adds the command and its subcommands to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const inspect = program.command("inspect").summary("look at a network or a data set").description(
    "Look at what things are made of.",
  );
  const names = [...catalog.networks, ...catalog.discriminators];
  inspect.command("model").summary("list a network's layers and count its weights")
    .description("List a network's layers and count its weights, without building it.")
    .addArgument(
      new Argument("<name>", "name of a network").choices(names).argParser(nameParser(names)),
    )
    .addOption(
      wholeOption("--classes <n>", { about: "number of classes", min: 1 }).default(21),
    )
    .addOption(widthOption("multiplier of channel counts").default(1))
    .option(
      "--freeze <what>",
      "show what model.freeze keeps: backbone, or stages up to N",
      parseFreeze,
    )
    .option("--json", "print the report as one line of JSON")
    .action(async (name, options) => {
      const { runModel } = await import("../actions/inspect.ts");
      await runModel({ name, ...options }, context);
    });
  inspect.command("data").summary("check a data set before training on it")
    .description(
      "Check a data set: files, sizes, label values, classes, objects, pictures that splits share " +
        "or that look alike. Suggests class weights and normalisation. Ends with 1 if training on " +
        "it would be wrong.",
    )
    .argument("<config|dir>", "config file, or folder whose layout is found out")
    .addOption(datasetOption())
    .addOption(
      wholeOption("--limit <n>", { about: "samples to read of each split (default: all)", min: 1 }),
    )
    .option("--html <file>", "also write pictures under their labels, as one HTML file")
    .option(
      "--augment <file>",
      "also write training samples under the augmentations of data.augment, as one PNG",
    )
    .addOption(wholeOption("--images <n>", {
      about: "pictures of each split in --html (default: 12), samples in --augment (default: 4)",
      min: 1,
    }))
    .option("--set <key=value>", "one value of the configuration; may be repeated", append)
    .option("--json", "print what was found as one line of JSON")
    .action(async (path, options) => {
      const { runData } = await import("../actions/inspect.ts");
      await runData({ path, ...options }, context);
    });
}
