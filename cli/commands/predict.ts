/**
 * `segadv predict`: label maps of images, as palette PNGs.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";
import { addInferenceOptions } from "../inference.ts";
import { backendOption, nameOption } from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const command = program.command("predict").summary("predict the classes of images")
    .description(
      "Predict the class of every pixel of images, each at its own size. Inference options are the " +
        "run's, unless given here; probabilities are resized back. Maps of a folder's images lie below " +
        "--out as the images do below the folder; an image that cannot be read is named, and the " +
        "others are done (exit code 1).",
    )
    .argument("<run|model>", "folder of a run (its best network) or of a model")
    .argument(
      "<image|dir...>",
      "pictures (JPEG, PNG, WebP, TIFF, BMP, GIF), or folders of them, with subfolders",
    )
    .requiredOption("--out <dir>", "folder for the label maps: palette PNGs of class indices")
    .option("--overlay", "also write NAME.overlay.png: the classes' colours over the image")
    .option("--overwrite", "replace files that are there already; images never are")
    .addOption(nameOption("--format <name>", {
      about: `what a benchmark's server takes: ${
        catalog.benchmarkFormats.map(({ name, summary }) => `${name}, ${summary}`).join("; ")
      }`,
      names: catalog.benchmarkFormats.map(({ name }) => name),
    }))
    .addOption(backendOption());
  addInferenceOptions(command)
    .action(async (path, images, options) => {
      const { run } = await import("../actions/predict.ts");
      await run({ path, images, ...options }, context);
    });
}
