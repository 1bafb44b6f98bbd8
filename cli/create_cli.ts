/**
 * The program with all its commands.
 *
 * @module
 */
import { Command, type CommandUnknownOpts, Help } from "@commander-js/extra-typings";
import type { Context } from "./context.ts";
import manifest from "./deno.json" with { type: "json" };
import { build as buildCompletions } from "./commands/completions.ts";
import { build as buildConvert } from "./commands/convert.ts";
import { build as buildDashboard } from "./commands/dashboard.ts";
import { build as buildDoctor } from "./commands/doctor.ts";
import { build as buildEval } from "./commands/eval.ts";
import { build as buildExport } from "./commands/export.ts";
import { build as buildFindLr } from "./commands/find_lr.ts";
import { build as buildInspect } from "./commands/inspect.ts";
import { build as buildPredict } from "./commands/predict.ts";
import { build as buildPresets } from "./commands/presets.ts";
import { build as buildReport } from "./commands/report.ts";
import { build as buildSchema } from "./commands/schema.ts";
import { build as buildStudio } from "./commands/studio.ts";
import { build as buildSweep } from "./commands/sweep.ts";
import { build as buildTrain } from "./commands/train.ts";
import { build as buildWeights } from "./commands/weights.ts";
import { nameList } from "@segadv/segadv/util";
import { processTerminal } from "./ui/terminal.ts";
import { INTERRUPTED, reportError } from "./errors.ts";

/**
 * Makes the program, a commander `Command`, for embedding into another or for documentation. It
 * throws where a command fails and never ends the process.
 *
 * @example The commands, for a page of documentation
 * ```ts
 * import { createCli } from "@segadv/cli";
 * import assert from "node:assert/strict";
 *
 * const names = createCli().commands.map((command) => command.name());
 * assert.ok(names.includes("train"));
 * ```
 *
 * @param context Where it writes and what ends it; the process' own streams if left out.
 */
export function createCli(context: Partial<Context> = {}): CommandUnknownOpts {
  const { terminal = processTerminal(), signal = new AbortController().signal } = context;
  const program: CommandUnknownOpts = new Command("segadv")
    .description(
      "Train semantic-segmentation networks with the adversarial framework with temperatures.\n" +
        "`train` alone trains a small one on embedded pictures, in under a minute.",
    )
    .version(manifest.version, "--version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .addHelpText("after", "\nSEGADV_DEBUG=1 shows where an error comes from.")
    .configureHelp({
      argumentDescription: (argument) => shorten(help.argumentDescription(argument), argument),
      optionDescription: (option) => shorten(help.optionDescription(option), option),
    })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(oneLine(text, terminal.err.paint("red", "error:"))),
      getOutHelpWidth: () => Math.min(terminal.out.columns, 100),
      getErrHelpWidth: () => Math.min(terminal.err.columns, 100),
      getOutHasColors: () => terminal.out.colors,
      getErrHasColors: () => terminal.err.colors,
    });
  const builders = [
    buildTrain,
    buildFindLr,
    buildEval,
    buildExport,
    buildPredict,
    buildSweep,
    buildReport,
    buildDashboard,
    buildStudio,
    buildInspect,
    buildConvert,
    buildWeights,
    buildDoctor,
    buildPresets,
    buildSchema,
    buildCompletions,
  ];
  for (const build of builders) build(program, { terminal, signal });
  return program;
}

const help = new Help();

/** The description with its choices in groups where they are many. */
function shorten(description: string, { argChoices = [] }: { argChoices?: string[] }): string {
  const listed = argChoices.map((choice) => JSON.stringify(choice)).join(", ");
  const short = nameList(argChoices);
  return short === argChoices.join(", ") ? description : description.replace(listed, short);
}

/** Commander puts its suggestion on a second line. */
function oneLine(text: string, label: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ").replace(/^error:/, label) + "\n";
}

/** Runs a command line (without runtime and script) and gives its exit code. */
export async function runCli(args: readonly string[], context: Context): Promise<number> {
  try {
    const program = createCli(context);
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (context.signal.aborted) return INTERRUPTED; // the user knows why it ended
    return reportError(error, context.terminal.err);
  }
}
