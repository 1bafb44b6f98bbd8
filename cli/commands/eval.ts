/**
 * `segadv eval`: scores of a trained network on a split.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { addInferenceOptions } from "../inference.ts";
import { backendOption, datasetOption, nameOption } from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const command = program.command("eval").summary("score a trained network on a split")
    .description(
      "Score a trained network, or label maps made elsewhere: pixel accuracy and IoU, at " +
        "temperature 1; for CityScapes also categories and instances. Inference options are the " +
        "run's, unless given here.",
    )
    .argument("<run|model>", "folder of a run (its best network), of a model, or of PNG label maps")
    .addOption(datasetOption())
    .option("--data <dir>", "folder of the data set (default: the run's)")
    .option("--split <name>", "split to score (default: the run's validation split)")
    .addOption(nameOption("--ignored <rule>", {
      about: "what a prediction on an ignored pixel counts as (default: drop)",
      names: ["drop", "false-positive"],
    }))
    .addOption(nameOption("--mean-over <rule>", {
      about: "classes in mIoU: union, those in truth or prediction, or truth (default: the run's)",
      names: ["union", "truth"],
    }))
    .addOption(nameOption("--score-size <rule>", {
      about:
        "what --resize is scored at: label, the labels' own size, or resized (default: the run's)",
      names: ["label", "resized"],
    }))
    .addOption(backendOption())
    .option("--json", "print the scores as one line of JSON, as fractions");
  addInferenceOptions(command).action(async (path, options) => {
    const { run } = await import("../actions/eval.ts");
    await run({ path, ...options }, context);
  });
}
