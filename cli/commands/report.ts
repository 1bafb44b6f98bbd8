/**
 * `segadv report`: runs and sweeps as one HTML file.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { backendOption, wholeOption } from "../options.ts";

/** Adds the command to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  program.command("report").summary("report on runs and sweeps")
    .description("Write curves, tables and pictures of runs and sweeps into one HTML file.")
    .argument("<run|sweep...>", "folders of runs and of sweeps")
    .option("-o, --out <file>", "file to write", "report.html")
    .option("--against <trial>", "compare a sweep with this trial in place of its baseline")
    .option("--figures <dir>", "also write each figure as SVG and each picture as PNG")
    .addOption(
      wholeOption("--images <n>", { about: "validation images to analyse; 0: none", min: 0 })
        .default(100),
    )
    .addOption(wholeOption("--rows <n>", { about: "images to show", min: 1 }).default(6))
    .addOption(backendOption())
    .action(async (paths, options) => {
      const { run } = await import("../actions/report.ts");
      await run({ paths, ...options }, context);
    });
}
