/**
 * `segadv weights`: what weight files hold.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";
import { nameOption, wholeOption, widthOption } from "../options.ts";

/** Adds the command and its subcommands to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const weights = program.command("weights").summary("look into weight files")
    .description("Look into weight files: safetensors, PyTorch, Keras, npz, tfjs, and runs.");
  weights.command("inspect")
    .description(
      "List a file's tensors and the weights that they become with train --init. Nothing in the " +
        "file is run.",
    )
    .argument("<path>", "weight file, or folder of a model or of a run")
    .addOption(
      nameOption("--model <name>", {
        about: "network to hold it against (default: what fits best)",
        names: catalog.networks,
      }),
    )
    .addOption(widthOption("multiplier of the network's channels"))
    .addOption(wholeOption("--classes <n>", { about: "classes of the network", min: 2 }))
    .option("--json", "print the report as one line of JSON")
    .action(async (path, options) => {
      const { runInspect } = await import("../actions/weights.ts");
      await runInspect({ path, ...options }, context);
    });
}
