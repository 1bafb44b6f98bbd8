/**
 * `segadv convert`: a data set in another layout.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";
import { append, datasetOption, nameOption } from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("convert").summary("write a data set in another layout")
    .description(
      "Write all splits of a data set into a new folder, as the network gets them. Refuses what " +
        "`train` refuses, and never overwrites.",
    )
    .argument("<config|dir>", "config file, or folder whose layout is found out")
    .argument("<out>", "folder to make")
    .addOption(
      nameOption("--to <format>", {
        about: "layout to write; folder is this program's own, with class indices as palette PNGs",
        names: catalog.exportFormats.map(({ name }) => name),
      }).makeOptionMandatory(),
    )
    .addOption(datasetOption())
    .option("--set <key=value>", "one value of the configuration; may be repeated", append)
    .option("--keep", "copy the pictures' files instead of writing 8-bit RGB PNGs")
    .option("--json", "print what was written as one line of JSON")
    .action(async (path, out, options) => {
      const { run } = await import("../actions/convert.ts");
      await run({ path, out, ...options as { to: string } }, context);
    });
}
