import { runTrial, sweepStatus, type TrialOutcome, type TrialStatus } from "@segadv/segadv/sweep";
import process from "node:process";
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Context } from "../context.ts";
import { Exit, INTERRUPTED } from "../errors.ts";
import { commandLine, selfCommand } from "../invocation.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";

/** Arguments and options of `sweep run`. */
export interface SweepRunArguments {
  folder: string;
  index?: number | undefined;
  jobs?: number | undefined;
  threads?: number | undefined;
}

/** Runs one trial, or all that are unfinished. */
export async function runSweep(args: SweepRunArguments, context: Context): Promise<void> {
  const { folder, jobs = 1 } = args;
  const index = args.index ?? indexFromScheduler();
  if (index !== undefined) return await runOne({ ...args, index }, context);

  const trials = await sweepStatus(folder);
  const unfinished = trials.filter(({ result }) => result === null);
  const failed = jobs > 1
    ? await runInProcesses({ folder, jobs, unfinished }, context)
    : await runInSequence({ ...args, unfinished }, context);
  const after = await sweepStatus(folder);
  const left = after.filter(({ result }) => result === null).length;
  context.terminal.out.write(
    left === 0
      ? `all ${plural(after.length, "trial")} finished\n`
      : `${plural(left, "trial")} of ${after.length} not finished\n`,
  );
  if (context.signal.aborted) {
    context.terminal.out.write(
      `interrupted; go on with\n  ${commandLine("sweep", "run", folder)}\n`,
    );
    throw new Exit(INTERRUPTED);
  }
  if (failed > 0) throw new Exit(1);
}

async function runOne(
  args: SweepRunArguments & { index: number },
  context: Context,
): Promise<void> {
  const outcome = await runWithProgress(args, context);
  context.terminal.out.write(`trial ${args.index}: ${outcome.replace("-", " ")}\n`);
  if (outcome === "interrupted") throw new Exit(INTERRUPTED);
  if (outcome === "busy") throw new Exit(1);
}

async function runInSequence(
  args: SweepRunArguments & { unfinished: TrialStatus[] },
  context: Context,
): Promise<number> {
  const { terminal } = context;
  let failed = 0;
  for (const { index, name, seed } of args.unfinished) {
    if (context.signal.aborted) break;
    const outcome = await runWithProgress({ ...args, index }, context).catch((error: Error) => {
      terminal.err.write(`trial ${index} (${name}, seed ${seed}): ${error.message}\n`);
      failed++;
      return "failed";
    });
    terminal.out.write(`trial ${index}, ${name}, seed ${seed}: ${outcome.replace("-", " ")}\n`);
  }
  return failed;
}

async function runInProcesses(
  args: { folder: string; jobs: number; unfinished: TrialStatus[] },
  context: Context,
): Promise<number> {
  const { terminal } = context;
  const { folder, jobs, unfinished } = args;
  let done = 0;
  const failures = await runPool({
    folder,
    jobs,
    indices: unfinished.map(({ index }) => index),
    onDone(index) {
      terminal.out.write(`trial ${index}: finished (${++done} of ${unfinished.length})\n`);
    },
  }, context);
  for (const { index, message } of failures) terminal.err.write(`trial ${index}: ${message}\n`);
  return failures.length;
}

/** Runs a trial with a line of progress. */
async function runWithProgress(
  { folder, index, threads }: SweepRunArguments & { index: number },
  { terminal, signal }: Context,
): Promise<TrialOutcome> {
  const progress = new Progress(terminal.err);
  let total = 0;
  return await runTrial({ folder, index }, {
    signal,
    ...(threads === undefined ? {} : { threads }),
    onEvent(event) {
      if (event.type === "start") total = event.totalSteps;
      if (event.type === "step") {
        progress.update(`trial ${index}: step ${event.step}/${total}, epoch ${event.epoch}`);
      }
    },
  }).finally(() => progress.clear());
}

/** The trial that a cluster's scheduler gave to this process. */
function indexFromScheduler(): number | undefined {
  const { SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX } = process.env;
  const text = SLURM_ARRAY_TASK_ID ?? JOB_COMPLETION_INDEX;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A trial that a worker process could not finish. */
interface PoolFailure {
  index: number;
  /** The last line of its stderr. */
  message: string;
}

/** Trials to run in processes. */
interface Pool {
  folder: string;
  indices: readonly number[];
  /** Worker processes at a time. */
  jobs: number;
  onDone(index: number): void;
}

/** Runs each trial in a process of its own, several at a time, sharing the cores. */
async function runPool(
  { folder, indices, jobs, onDone }: Pool,
  { signal }: Pick<Context, "signal">,
): Promise<PoolFailure[]> {
  const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
  const queue = [...indices];
  const failures: PoolFailure[] = [];
  const work = async (): Promise<void> => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      if (signal.aborted) return;
      const message = await runWorker({ folder, index, threads }, signal);
      if (message === null) onDone(index);
      else if (!signal.aborted) failures.push({ index, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, work));
  return failures;
}

/** Runs one trial in a process; the last line of its stderr where it failed, else `null`. */
async function runWorker(
  { folder, index, threads }: { folder: string; index: number; threads: number },
  signal: AbortSignal,
): Promise<string | null> {
  const [program = "", ...words] = selfCommand();
  const args = [...words, "sweep", "run", folder, "--index", `${index}`, "--threads", `${threads}`];
  // A process group of its own, so that Ctrl-C reaches it once: as the SIGTERM below
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  let stderr = "";
  child.stderr.on("data", (chunk: Uint8Array) => {
    stderr = (stderr + new TextDecoder().decode(chunk)).slice(-4000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exit) => resolve(exit));
    });
    const lastLine = stderr.trim().split("\n").at(-1) ?? "";
    return code === 0 ? null : lastLine || `ended with exit code ${code}`;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
