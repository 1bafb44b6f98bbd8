/**
 * `segadv export`: a network in another program's format.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("export").summary("write a network for another program")
    .description(
      "Write a run's best network, or a model, in another program's format. Without --with the file " +
        "holds the network alone: normalised input, logits at its stride.",
    )
    .argument("<run|model>", "folder of a run (its best network) or of a model")
    .addOption(
      new Option(
        "--to <format>",
        catalog.modelFormats.map(({ name, summary }) => `${name}: ${summary}`).join("; "),
      ).choices(catalog.modelFormats.map(({ name }) => name)).makeOptionMandatory(),
    )
    .option("--out <path>", "file or folder to write (default: the network's name, beside you)")
    .option(
      "--with <parts>",
      "preprocess: take pictures, RGB from 0 to 255, of any size, give scores at their size; " +
        "preprocess,argmax: give the class of every pixel",
    )
    .option("--size <HxW>", "height and width of the input, or dynamic", "dynamic")
    .addOption(
      new Option("--layout <order>", "order of the dimensions").choices(["nchw", "nhwc"]),
    )
    .option("--fold-batch-norm", "make batch norms part of the convolutions before them (onnx)")
    .option("--half", "store kernels as float16, half the file (onnx, safetensors)")
    .option("--int8", "store kernels as int8 with a scale per output channel, a quarter (onnx)")
    .option("--check", "compare the file with the network in onnxruntime-web, if installed (onnx)")
    .option("--overwrite", "replace a file that is there already")
    .action(async (path, options) => {
      const { run } = await import("../actions/export.ts");
      await run({ path, ...options }, context);
    });
}
