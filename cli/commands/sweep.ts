/**
 * `segadv sweep`: many runs as one experiment.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { writeFileAtomic } from "@segadv/segadv/util";
import {
  formatSweepTable,
  kubernetesJob,
  readResults,
  readSweep,
  slurmScripts,
  sweepStatus,
  sweepTable,
  type TableFormat,
  tableFormats,
  thesisGrids,
} from "@segadv/segadv/sweep";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { type Context, humanStream, writeJson } from "../context.ts";
import { append, checkTrial, nameOption, wholeOption } from "../options.ts";
import { selfCommand } from "../invocation.ts";
import { percentage } from "../ui/format.ts";
import { formatTable } from "../ui/table.ts";
import { plan, type SweepPlanArguments } from "./sweep_plan.ts";
import { runSweep } from "./sweep_run.ts";

/** Adds the command and its subcommands to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const sweep = program.command("sweep").description(
    "Many runs as one experiment: trials over seeds, compared pair by pair.",
  );
  sweep.command("plan")
    .description("Turn a grid, or a table of the thesis, into numbered trials.")
    .argument("[grid.yaml]", "axes, trials, seeds and baseline")
    .addOption(nameOption("--thesis <table>", {
      about: "a table of the thesis in place of a grid; see sweep presets",
      names: thesisGrids.keys(),
    }))
    .option("--config <file>", "configuration to start from, in place of the table's preset")
    .option("--preset <name>", "preset to start from, in place of the table's")
    .option("--data <dir>", "folder of the data set")
    .option("--set <key=value>", "one value common to all trials; may be repeated", append)
    .addOption(wholeOption("--seeds <n>", { about: "seeds 1 to n", min: 1 }))
    .requiredOption("-o, --out <dir>", "folder of the sweep; trials it already ran are kept")
    .action((grid, options) => plan({ grid, ...options } as SweepPlanArguments, context));
  sweep.command("presets")
    .description("List the tables of the thesis that can be planned.")
    .action(() => printPresets(context));
  sweep.command("run")
    .description("Run what is unfinished; safe to repeat, and to start on many machines at once.")
    .argument("<dir>", "folder of the sweep")
    .addOption(wholeOption("--index <i>", {
      about: "run this trial only (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX)",
      min: 0,
    }))
    .addOption(wholeOption("--jobs <n>", { about: "trials at a time", min: 1 }))
    .addOption(wholeOption("--threads <n>", { about: "threads of one trial", min: 1 }))
    .action((folder, options) => runSweep({ folder, ...options }, context));
  sweep.command("status")
    .description("Say where every trial stands.")
    .argument("<dir>", "folder of the sweep")
    .option("--json", "print it as one line of JSON")
    .action((folder, { json }) => status({ folder, json }, context));
  sweep.command("table")
    .description("Compare what has finished: mean, spread, paired difference, exact tests.")
    .argument("<dir...>", "folders of sweeps, one table each")
    .addOption(nameOption("--format <name>", { about: "how to write it", names: tableFormats }))
    .option("--against <trial>", "compare with this trial in place of the baseline")
    .option("--cost", "parameters and time per epoch, as in Table 4-8, in place of scores")
    .action((folders, options) => printTable({ folders, ...options }, context));
  sweep.command("slurm")
    .description("Write the scripts that run the sweep as a Slurm array.")
    .argument("<dir>", "folder of the sweep, seen by all nodes")
    .option("--partition <name>", "partition to queue in")
    .option("--time <limit>", "time limit of one trial, such as 04:00:00")
    .option("--gres <list>", "generic resources of one trial, such as gpu:1")
    .addOption(wholeOption("--parallel <n>", { about: "trials at a time", min: 1 }))
    .addOption(wholeOption("--cpus <n>", { about: "cores of one trial", min: 1 }))
    .action((folder, options) => slurm({ folder, ...options }, context));
  sweep.command("kubernetes")
    .description("Print an Indexed Job that runs the sweep.")
    .argument("<dir>", "folder of the sweep")
    .requiredOption("--image <name>", "container image with Deno")
    .requiredOption("--claim <name>", "volume claim with the sweep's folder at its root")
    .addOption(wholeOption("--parallel <n>", { about: "trials at a time", min: 1 }))
    .addOption(wholeOption("--gpus <n>", { about: "GPUs of one trial", min: 0 }))
    .action((folder, options) => kubernetes({ folder, ...options }, context));
}

/** Lists the tables of the thesis. */
export function printPresets(context: Context): void {
  const rows = [...thesisGrids.values()].map(({ name, summary }) => [name, summary]);
  humanStream(context, false).write(
    formatTable([{ title: "table" }, { title: "what it runs" }], rows),
  );
}

/** Prints the state of every trial. */
export async function status(
  { folder, json }: { folder: string; json?: boolean | undefined },
  context: Context,
): Promise<void> {
  const trials = await sweepStatus(folder);
  if (json === true) return writeJson(context, trials);
  const { score } = await readSweep(folder);
  const rows = trials.map(({ index, name, seed, state, result }) => [
    String(index),
    name,
    String(seed),
    state,
    result === null ? "" : percentage(result[score]?.mIoU ?? null),
  ]);
  const right = "right";
  const columns = [
    { title: "index", align: right },
    { title: "trial" },
    {
      title: "seed",
      align: right,
    },
    { title: "state" },
    { title: "mIoU", align: right },
  ] as const;
  const finished = trials.filter(({ result }) => result !== null).length;
  humanStream(context, false).write(
    `${formatTable(columns, rows)}\n${finished} of ${trials.length} finished\n`,
  );
}

/** Arguments and options of `sweep table`. */
export interface SweepTableArguments {
  folders: readonly string[];
  format?: string | undefined;
  against?: string | undefined;
  cost?: true | undefined;
}

/** Prints the tables of what has finished; CSV has one head for all. */
export async function printTable(args: SweepTableArguments, context: Context): Promise<void> {
  const { folders, format = "md", against, cost } = args;
  const texts: string[] = [];
  for (const folder of folders) {
    const plan = await readSweep(folder);
    checkTrial(plan, against);
    const summed = sweepTable(plan, await readResults(folder, plan), { against });
    const text = formatSweepTable(summed, format as TableFormat, { cost });
    texts.push(format === "csv" && texts.length > 0 ? text.slice(text.indexOf("\n") + 1) : text);
  }
  humanStream(context, false).write(texts.join(format === "csv" ? "" : "\n"));
}

/** Arguments and options of `sweep slurm`. */
export interface SlurmArguments {
  folder: string;
  partition?: string | undefined;
  time?: string | undefined;
  gres?: string | undefined;
  parallel?: number | undefined;
  cpus?: number | undefined;
}

/** Writes the scripts into the sweep's folder. */
export async function slurm(args: SlurmArguments, context: Context): Promise<void> {
  const folder = resolve(args.folder);
  const plan = await readSweep(folder);
  const scripts = slurmScripts(plan, {
    ...args,
    folder,
    command: selfCommand(),
    cwd: process.cwd(),
  });
  const target = join(folder, "slurm");
  await mkdir(target, { recursive: true });
  for (const [name, text] of Object.entries(scripts)) {
    await writeFileAtomic(join(target, `${name}.sh`), text);
  }
  const stream = humanStream(context, false);
  stream.write(`wrote ${plan.trials.length} trials for Slurm; start them with\n`);
  stream.write(`  bash ${join(target, "submit.sh")}\n`);
}

/** Arguments and options of `sweep kubernetes`. */
export interface KubernetesArguments {
  folder: string;
  image: string;
  claim: string;
  parallel?: number | undefined;
  gpus?: number | undefined;
}

/** Prints the manifest. */
export async function kubernetes(args: KubernetesArguments, context: Context): Promise<void> {
  const { folder, image, claim, parallel = 4, gpus = 0 } = args;
  const plan = await readSweep(folder);
  context.terminal.out.write(kubernetesJob(plan, { image, claim, parallel, gpus }));
}
