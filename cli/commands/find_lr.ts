/**
 * `segadv find-lr`: a learning rate to train with.
 *
 * @module
 */
import { type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { append, backendOption, datasetOption, presetOption, wholeOption } from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("find-lr").summary("find a learning rate to train with")
    .description(
      "Train for some steps with a rate that grows from tiny to huge, draw the loss over it, and " +
        "name the rate where it falls fastest. Stops where the loss is four times its lowest. " +
        "Keeps nothing but the drawing.",
    )
    .argument("[config.yaml]", "configuration, as for train")
    .addOption(presetOption())
    .addOption(datasetOption())
    .option("--data <dir>", "folder of the data set")
    .option("--init <path>", "weights to start from: a .safetensors, .pth, .h5, .npz, or a run")
    .addOption(backendOption())
    .option("--set <key=value>", "one value of the configuration; may be repeated", append)
    .addOption(wholeOption("--seed <n>", { about: "seed of everything random", min: 0 }))
    .option("--from <rate>", "first rate", parseRate, 1e-8)
    .option("--to <rate>", "last rate", parseRate, 1)
    .addOption(
      wholeOption("--steps <n>", { about: "steps between them", min: 12 }).default(100),
    )
    .option("--out <file>", "where to draw the curve", "learning-rate.svg")
    .option("--json", "print the curve and the rate as one line of JSON")
    .action(async (file, options) => {
      const { run } = await import("../actions/find_lr.ts");
      await run({ file, ...options }, context);
    });
}

function parseRate(text: string): number {
  const rate = text.trim() === "" ? NaN : Number(text);
  if (rate > 0 && rate < Infinity) return rate;
  throw new InvalidArgumentError("Expected a number above 0, such as 1e-6");
}
