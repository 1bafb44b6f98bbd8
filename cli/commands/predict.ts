/**
 * `segadv predict`: label maps of images, as PNGs.
 *
 * @module
 */
import { type CommandUnknownOpts, InvalidArgumentError } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";
import { addInferenceOptions } from "../inference.ts";
import { backendOption, nameOption } from "../options.ts";

/** What `--format` takes, the default first. */
const formats: readonly { name: string; summary: string }[] = [
  { name: "index", summary: "palette PNG of class indices (default)" },
  { name: "color", summary: "the classes' colours" },
  { name: "overlay", summary: "these over the image" },
  ...catalog.benchmarkFormats,
];

function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() !== "" && rate > 0 && rate <= 1000) return rate;
  throw new InvalidArgumentError("Expected a number above 0, at most 1000");
}

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
      "pictures (JPEG, PNG, WebP, TIFF, BMP, GIF), or folders of them, with subfolders; videos, by " +
        "ffmpeg where it is installed",
    )
    .requiredOption("--out <dir>", "folder for the label maps")
    .addOption(nameOption("--format <name>", {
      about: `what a map is: ${
        formats.map(({ name, summary }) => `${name}, ${summary}`).join("; ")
      }`,
      names: formats.map(({ name }) => name),
    }))
    .option("--overlay", "also write NAME.overlay.png: the classes' colours over the image")
    .option("--confidence", "also write NAME.confidence.png: the largest probability, 1 as 255")
    .addOption(nameOption("--probabilities <kind>", {
      about: "also write NAME.class-N.KIND, the probability of each class: png, 16 bits, 1 as " +
        "65,535; npy, float32 [height, width]",
      names: ["png", "npy"],
    }))
    .addOption(nameOption("--polygons <name>", {
      about: `also write the regions of classes: ${
        catalog.polygonFormats.map(({ name, summary }) => `${name}, ${summary}`).join("; ")
      }; a class called background has none`,
      names: catalog.polygonFormats.map(({ name }) => name),
    }))
    .option("--overwrite", "replace files that are there already; images never are")
    .option("--watch", "go on with images that appear in the folders, until Ctrl-C")
    .option("--fps <n>", "frames a second to take of videos (default: all)", parseRate)
    .addOption(backendOption());
  addInferenceOptions(command)
    .action(async (path, images, options) => {
      const { run } = await import("../actions/predict.ts");
      await run({ path, images, ...options }, context);
    });
}
