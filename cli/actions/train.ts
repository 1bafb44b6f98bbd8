/**
 * `segadv train`: a configuration in, a run folder out.
 *
 * @module
 */
import {
  type Config,
  currentBackend,
  InterruptedRunError,
  loadConfig,
  resumeTraining,
  train,
  type TrainOptions,
  type TrainResult,
  useBackend,
  type UseBackendOptions,
} from "@segadv/segadv";
import type { RunReportFiles } from "@segadv/segadv/report";
import { MissingFolderError } from "@segadv/segadv/data";
import { type ExtensionMode, trainInThread, wantsThread } from "@segadv/segadv/train";
import { explainFileError } from "@segadv/segadv/util";
import { existsSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Context, humanStream, warn, writeJson } from "../context.ts";
import { Exit, INTERRUPTED, UsageError } from "../errors.ts";
import { commandLine } from "../invocation.ts";
import { type ConfigArguments, overridesOf } from "./config_arguments.ts";
import { TrainReport } from "./train_report.ts";
import { openTrainSinks, type SinkOptions } from "./train_sinks.ts";

/** Arguments and options of the command. */
export interface TrainArguments extends ConfigArguments, SinkOptions {
  out?: string | undefined;
  allowDifferent?: boolean | undefined;
  /** Epochs to add to a finished run. */
  extend?: number | undefined;
  /** How the learning rate goes on there. */
  schedule?: string | undefined;
  json?: boolean | undefined;
}

/** Trains, and prints the progress. */
export async function run(args: TrainArguments, context: Context): Promise<void> {
  const { json } = args;
  const { config, preset, out, isNew, start } = args.resume === undefined
    ? await newRun(args, context)
    : await oldRun(args.resume, args);
  const report = new TrainReport(humanStream(context, json), { config, preset });
  const sinks = await openTrainSinks(args, { out, terminal: context.terminal });
  const result = await start({
    signal: context.signal,
    onEvent: (event) => {
      report.onEvent(event);
      sinks.onEvent(event);
    },
  }).finally(() => sinks.close()).catch(async (error) => {
    report.clear();
    if (error instanceof InterruptedRunError) {
      const command = commandLine("train", "--resume", error.run);
      context.terminal.err.write(`resume with: ${command}\n`);
    }
    if (error instanceof MissingFolderError && args.resume !== undefined) {
      const command = commandLine("train", "--resume", args.resume, "--data", "FOLDER");
      context.terminal.err.write(`if the data has moved, go on with: ${command}\n`);
    }
    // The folder that was made for this run, if nothing was written into it
    if (isNew) await rmdir(out).catch(() => {});
    throw error;
  });
  const files = await writeReport(result, config, { context, report });
  report.clear();
  report.summarize(result, files);
  if (json === true) writeJson(context, summaryOf(result, files));
  if (result.reason === "aborted") throw new Exit(INTERRUPTED);
}

/**
 * Writes the run's report; `null` where it is not wanted, or the user wants to leave. The run is
 * complete without it, so whatever fails is a warning.
 */
async function writeReport(
  { run, backend, reason }: TrainResult,
  { threads, deterministic, train }: Config,
  { context, report }: { context: Context; report: TrainReport },
): Promise<RunReportFiles | null> {
  if (run === null || !train.report || reason === "aborted") return null;
  report.showWork("writing report.html and predictions.png");
  try {
    const { writeRunReport } = await import("@segadv/segadv/report");
    if (currentBackend()?.name === backend) return await writeRunReport(run, context);
    // The thread that trained took its backend along; a software adapter would take minutes
    const name = (backend === "webgpu" ? "auto" : backend) as UseBackendOptions["backend"];
    const own = await useBackend({ backend: name, threads, deterministic });
    return await writeRunReport(run, context).finally(() => own.dispose());
  } catch (error) {
    const { message } = error as Error;
    const cause = context.signal.aborted ? "stopped by you" : message.replace(/\s*\n\s*/g, " ");
    report.clear();
    warn(context, `the run is complete, but has no report (try the command report): ${cause}`);
    return null;
  }
}

/** A run to start or to resume. */
interface Job {
  config: Config;
  preset: string | undefined;
  /** Folder of the run. */
  out: string;
  /** Whether the folder was made for it. */
  isNew: boolean;
  start(options: Pick<TrainOptions, "signal" | "onEvent">): Promise<TrainResult>;
}

async function newRun(args: TrainArguments, context: Context): Promise<Job> {
  const { file, allowDifferent } = args;
  const lacking = [
    ...(allowDifferent === true ? ["--allow-different"] : []),
    ...(args.extend === undefined ? [] : ["--extend"]),
    ...(args.schedule === undefined ? [] : ["--schedule"]),
  ];
  if (lacking.length > 0) throw new UsageError(`${lacking[0]} needs --resume <run>`);
  const preset = args.preset ?? (file === undefined ? "fixtures" : undefined);
  // The network of a first run, on a folder of one's own
  const isOwn = args.data !== undefined && args.preset === undefined && file === undefined;
  if (isOwn && args.dataset === undefined) args = { ...args, dataset: "auto" };
  const onNotice = (notice: string) => humanStream(context, args.json).write(`${notice}\n`);
  const config = await loadConfig({ path: file, preset, overrides: overridesOf(args), onNotice });
  const out = args.out ?? await makeRunFolder(config);
  const start: Job["start"] = async (options) =>
    await wantsThread(config)
      ? await trainInThread({ config, out }, options)
      : await train(config, { ...options, out });
  return { config, preset, out, isNew: args.out === undefined, start };
}

async function oldRun(run: string, args: TrainArguments): Promise<Job> {
  const { file, preset, out, allowDifferent = false, extend: epochs, schedule } = args;
  if (schedule !== undefined && epochs === undefined) {
    throw new UsageError("--schedule says how --extend goes on: give --extend N too");
  }
  if (file !== undefined || preset !== undefined || out !== undefined) {
    throw new UsageError(
      "--resume takes the configuration and the folder of its run: leave out config.yaml, " +
        "--preset and --out; single values can be given with --set",
    );
  }
  const overrides = overridesOf(args);
  const path = join(run, "config.yaml");
  if (!existsSync(path)) throw new UsageError(`There is no run in ${run}: ${path} is missing`);
  const config = await loadConfig({ path, overrides });
  const resume = {
    overrides,
    allowDifferent,
    ...(epochs !== undefined && {
      extend: { epochs, schedule: schedule as ExtensionMode | undefined },
    }),
  };
  const start: Job["start"] = async (options) =>
    await wantsThread(config)
      ? await trainInThread({ resume: run, ...resume }, options)
      : await resumeTraining(run, { ...options, ...resume });
  return { config, preset: undefined, out: run, isNew: false, start };
}

/**
 * Makes `runs/fixtures-20261122-165102`, with a number behind if that is taken: by a single call, so
 * that two runs that start at once do not share a folder.
 */
async function makeRunFolder({ data }: Config): Promise<string> {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  const time = local.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const folder = data.dir === null ? "" : basename(data.dir).replace(/[^\w.-]+/g, "_");
  const name = data.dataset === "auto" && /\w/.test(folder) ? folder : data.dataset;
  const first = join("runs", `${name}-${time}`);
  for (let i = 1;; i++) {
    const path = i === 1 ? first : `${first}-${i}`;
    try {
      await mkdir("runs", { recursive: true });
      await mkdir(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST" && existsSync(path)) continue;
      throw explainFileError(error, { attempt: `create the run folder ${path}` });
    }
  }
}

/** The summary that `--json` promises. */
function summaryOf(result: TrainResult, files: RunReportFiles | null): object {
  const { run, backend, steps, seconds, weightsSha256, reason } = result;
  return {
    run,
    backend,
    steps,
    seconds,
    best: scoresOf(result.best),
    last: scoresOf(result.last),
    weightsSha256,
    reason,
    report: files?.report ?? null,
    predictions: files?.predictions ?? null,
  };
}

function scoresOf(scores: TrainResult["best"]): object | null {
  if (scores === null) return null;
  const { epoch, pAcc, mIoU } = scores;
  return { epoch, pAcc, mIoU };
}
