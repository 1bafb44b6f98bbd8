/**
 * `segadv sweep`: many runs as one experiment.
 *
 * @module
 */
import { makeFolder, writeFileAtomic } from "@segadv/segadv/util";
import {
  formatSweepTable,
  kubernetesJob,
  readResults,
  readSweep,
  slurmScripts,
  sweepStatus,
  sweepTable,
  type TableFormat,
  thesisGrids,
} from "@segadv/segadv/sweep";
import { join, resolve } from "node:path";
import process from "node:process";
import { type Context, humanStream, writeJson } from "../context.ts";
import { checkTrial } from "../options.ts";
import { selfCommand } from "../invocation.ts";
import { percentage } from "../ui/format.ts";
import { formatTable } from "../ui/table.ts";

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
    `${formatTable(columns, rows)}\n${finished} of ${trials.length} finished\n${
      trials.filter(({ failure }) => failure !== null)
        .map(({ index, failure }) => `trial ${index} failed: ${failure}\n`).join("")
    }`,
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
  await makeFolder(target);
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
