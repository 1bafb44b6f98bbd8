/**
 * `segadv train`: a configuration in, a run folder out.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { catalog } from "../catalog.ts";
import {
  append,
  backendOption,
  datasetOption,
  nameOption,
  presetOption,
  wholeOption,
} from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("train").summary("train a network")
    .description(
      "Train a network. With no argument: a small one on embedded pictures, in under a minute.",
    )
    .argument("[config.yaml]", "configuration; see the commands presets and schema")
    .addOption(presetOption())
    .addOption(datasetOption())
    .option("--data <dir>", "folder of the data set")
    .option("--init <path>", "weights to start from: a .safetensors, .pth, .h5, .npz, or a run")
    .addOption(backendOption())
    .option("--set <key=value>", "one value of the configuration; may be repeated", append)
    .addOption(wholeOption("--seed <n>", { about: "seed of everything random", min: 0 }))
    .addOption(wholeOption("--epochs <n>", { about: "epochs to train", min: 1 }))
    .addOption(wholeOption("--max-steps <n>", { about: "stop after this many steps", min: 1 }))
    .option("--out <dir>", "folder of the run (default: a new one in runs/)")
    .option("--resume <run>", "go on with a run that was interrupted")
    .option("--allow-different", "with --resume: even under another configuration or backend")
    .addOption(wholeOption("--extend <n>", {
      about: "with --resume: train a finished run for n epochs more",
      min: 1,
    }))
    .addOption(nameOption("--schedule <how>", {
      about: "with --extend: hold the last learning rate (the default), restart the schedule, or " +
        "stretch it over all epochs",
      names: catalog.extensionModes,
    }))
    .option("--tensorboard", "also write TensorBoard event files, into tensorboard/ of the run")
    .option("--csv", "also write steps.csv and validations.csv into the run's folder")
    .option("--no-report", "do not end by writing report.html and predictions.png into the run")
    .option("--dashboard [port]", "show the run in the browser of this machine while it goes")
    .option("--json", "end with a summary as one line of JSON on stdout")
    .action(async (file, options) => {
      const { run } = await import("../actions/train.ts");
      await run({ file, ...options }, context);
    });
}
