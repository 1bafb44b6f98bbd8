/**
 * `segadv report`: runs and sweeps as one HTML file.
 *
 * @module
 */
import {
  NonFiniteNetworkError,
  openDataset,
  useBackend,
  type UseBackendOptions,
} from "@segadv/segadv";
import { ClassMismatchError } from "@segadv/segadv/data";
import { makeFolder, writeFileAtomic } from "@segadv/segadv/util";
import type { AnalysedRun, QualitativeRow, RunRecord } from "@segadv/segadv/report";
import {
  readResults,
  readSweep,
  type SweepTable,
  sweepTable,
  trialPaths,
} from "@segadv/segadv/sweep";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Context, humanStream, warn } from "../context.ts";
import { UsageError } from "../errors.ts";
import { checkTrial } from "../options.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";

/** Arguments and options of the command. */
export interface ReportArguments {
  /** Folders of runs and of sweeps. */
  paths: readonly string[];
  out: string;
  figures?: string | undefined;
  against?: string | undefined;
  images: number;
  rows: number;
  backend?: string | undefined;
}

/** A run to report on, and whether its network is analysed. */
interface Subject {
  path: string;
  name: string;
  /** The trial that it belongs to, if other seeds do too. */
  group?: string;
  isAnalysed: boolean;
}

/** Reads the runs, analyses their networks and writes the page. */
export async function run(args: ReportArguments, context: Context): Promise<void> {
  const { buildReport, readRun } = await import("@segadv/segadv/report");
  const subjects: Subject[] = [];
  const sweeps: SweepTable[] = [];
  for (const path of args.paths) {
    if (await exists(join(path, "sweep.json"))) {
      const plan = await readSweep(path);
      const { against } = args;
      checkTrial(plan, against);
      sweeps.push(sweepTable(plan, await readResults(path, plan), { against }));
      subjects.push(...await runsOfSweep(path));
    } else if (await exists(join(path, "events.jsonl"))) {
      subjects.push({ path, name: basename(resolve(path)), isAnalysed: true });
    } else throw new UsageError(`${path} is neither the folder of a run nor of a sweep`);
  }
  const runs: RunRecord[] = [];
  for (const { path, name, group } of subjects) {
    runs.push({ ...await readRun(path, name), ...(group === undefined ? {} : { group }) });
  }
  const { analysed, pictures } = await analyse(subjects, runs, { args, context });
  const title = sweeps.length === args.paths.length
    ? sweeps.map(({ name }) => name).join(", ")
    : args.paths.map((path) => basename(resolve(path))).join(", ");
  const report = buildReport({ title, runs, analysed, pictures, sweeps });
  await writeFileAtomic(args.out, report.html);
  if (args.figures !== undefined) await writeFigures(args.figures, report.figures, { pictures });
  humanStream(context, false).write(
    `wrote a report on ${plural(runs.length, "run")} to ${args.out}\n`,
  );
}

/** Runs of a sweep that have begun; of each trial the first seed's network is analysed. */
async function runsOfSweep(folder: string): Promise<Subject[]> {
  const plan = await readSweep(folder);
  const names = new Map(plan.conditions.map(({ id, name }) => [id, name]));
  const groups = new Set<string>();
  const subjects: Subject[] = [];
  for (const { id, condition, seed } of plan.trials) {
    const { run: path } = trialPaths(folder, id);
    if (!await exists(join(path, "events.jsonl"))) continue;
    const group = names.get(condition)!;
    const isAnalysed = !groups.has(group);
    groups.add(group);
    subjects.push(
      plan.seeds.length > 1
        ? { path, group, name: `${group}, seed ${seed}`, isAnalysed }
        : { path, name: group, isAnalysed },
    );
  }
  return subjects;
}

async function analyse(
  subjects: readonly Subject[],
  runs: readonly RunRecord[],
  { args, context }: { args: ReportArguments; context: Context },
): Promise<{ analysed: AnalysedRun[]; pictures: QualitativeRow[] }> {
  const { analyseRun, qualitativeGrid } = await import("@segadv/segadv/report");
  const analysed: AnalysedRun[] = [];
  const wanted = subjects.filter(({ isAnalysed }) => isAnalysed && args.images > 0);
  if (wanted.length === 0) return { analysed, pictures: [] };
  const progress = new Progress(context.terminal.err);
  const backend = await useBackend({
    backend: (args.backend ?? "auto") as UseBackendOptions["backend"],
  });
  if (backend.warning !== null) warn(context, backend.warning);
  try {
    for (const { path, name, group } of wanted) {
      progress.update(`analysing ${name}`);
      const onNotice = (notice: string): void => {
        progress.clear();
        warn(context, `${name}: ${notice}`);
      };
      const options = { images: args.images, signal: context.signal, onNotice };
      const analysis = await analyseRun(path, options).catch((error: Error) => {
        context.signal.throwIfAborted();
        if (error instanceof NonFiniteNetworkError) throw error;
        progress.clear();
        warn(context, `${name} is left out where its network is needed: ${error.message}`);
        return null;
      });
      if (analysis !== null) {
        analysed.push({ name, analysis, ...(group === undefined ? {} : { group }) });
      }
    }
  } finally {
    progress.clear();
    await backend.dispose();
  }
  const first = runs[subjects.findIndex(({ name }) => name === analysed[0]?.name)];
  if (first === undefined) return { analysed, pictures: [] };
  const own = first.start.config.data;
  const data = await openDataset(own.dataset, { ...own, split: own.valSplit });
  const pictures = await qualitativeGrid(analysed, data, { rows: args.rows }).catch((error) => {
    if (!(error instanceof ClassMismatchError)) throw error;
    warn(context, `pictures are left out: ${error.message}`);
    return [];
  });
  return { analysed, pictures };
}

async function writeFigures(
  folder: string,
  figures: readonly { name: string; svg: string }[],
  { pictures }: { pictures: readonly QualitativeRow[] },
): Promise<void> {
  await makeFolder(folder);
  for (const { name, svg } of figures) await writeFileAtomic(join(folder, `${name}.svg`), svg);
  for (const [i, { image, truth, columns }] of pictures.entries()) {
    const row = `picture-${i + 1}`;
    await writeFileAtomic(join(folder, `${row}-image.png`), image);
    await writeFileAtomic(join(folder, `${row}-truth.png`), truth);
    for (const [j, { prediction }] of columns.entries()) {
      await writeFileAtomic(join(folder, `${row}-run-${j + 1}.png`), prediction);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
