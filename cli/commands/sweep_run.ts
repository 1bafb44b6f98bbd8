import { runTrial, sweepStatus, type TrialOutcome, type TrialStatus } from "@segadv/segadv/sweep";
import process from "node:process";
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Context } from "../context.ts";
import { Exit, INTERRUPTED } from "../errors.ts";
import { invocation, selfCommand } from "../invocation.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";

/** What `sweep run` is told. */
export interface SweepRunArguments {
  folder: string;
  index?: number | undefined;
  jobs?: number | undefined;
  threads?: number | undefined;
}

/** Runs one trial, or all that are unfinished. */
export async function runSweep(args: SweepRunArguments, context: Context): Promise<void> {
  const { folder, jobs = 1 } = args;
  const index = args.index ?? indexFromEngine();
  if (index !== undefined) return await runOne({ ...args, index }, context);

  const trials = await sweepStatus(folder);
  const open = trials.filter(({ result }) => result === null);
  const failed = jobs > 1
    ? await inProcesses({ folder, jobs, open }, context)
    : await inSequence({ ...args, open }, context);
  const after = await sweepStatus(folder);
  const left = after.filter(({ result }) => result === null).length;
  context.terminal.out.write(
    left === 0
      ? `all ${plural(after.length, "trial")} finished\n`
      : `${plural(left, "trial")} of ${after.length} not finished\n`,
  );
  if (context.signal.aborted) {
    context.terminal.out.write(`interrupted; go on with\n  ${invocation()} sweep run ${folder}\n`);
    throw new Exit(INTERRUPTED);
  }
  if (failed > 0) throw new Exit(1);
}

async function runOne(
  args: SweepRunArguments & { index: number },
  context: Context,
): Promise<void> {
  const outcome = await runShown(args, context);
  context.terminal.out.write(`trial ${args.index}: ${outcome.replace("-", " ")}\n`);
  if (outcome === "interrupted") throw new Exit(INTERRUPTED);
  if (outcome === "busy") throw new Exit(1);
}

async function inSequence(
  args: SweepRunArguments & { open: TrialStatus[] },
  context: Context,
): Promise<number> {
  const { terminal } = context;
  let failed = 0;
  for (const { index, name, seed } of args.open) {
    if (context.signal.aborted) break;
    const outcome = await runShown({ ...args, index }, context).catch((error: Error) => {
      terminal.err.write(`trial ${index} (${name}, seed ${seed}): ${error.message}\n`);
      failed++;
      return "failed";
    });
    terminal.out.write(`trial ${index}, ${name}, seed ${seed}: ${outcome.replace("-", " ")}\n`);
  }
  return failed;
}

async function inProcesses(
  args: { folder: string; jobs: number; open: TrialStatus[] },
  context: Context,
): Promise<number> {
  const { terminal } = context;
  const { folder, jobs, open } = args;
  let done = 0;
  const failures = await runPool({
    folder,
    jobs,
    indices: open.map(({ index }) => index),
    onDone(index) {
      terminal.out.write(`trial ${index}: finished (${++done} of ${open.length})\n`);
    },
  }, context);
  for (const { index, message } of failures) terminal.err.write(`trial ${index}: ${message}\n`);
  return failures.length;
}

/** Runs a trial with a line of progress. */
async function runShown(
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

/** The trial that a cluster's engine wants this process to run. */
function indexFromEngine(): number | undefined {
  const { SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX } = process.env;
  const text = SLURM_ARRAY_TASK_ID ?? JOB_COMPLETION_INDEX;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A trial that a worker process could not finish. */
interface PoolFailure {
  index: number;
  /** What it wrote last. */
  message: string;
}

/** What a pool works on. */
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
  const waiting = [...indices];
  const failures: PoolFailure[] = [];
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      if (signal.aborted) return;
      const message = await runWorker({ folder, index, threads }, signal);
      if (message === null) onDone(index);
      else if (!signal.aborted) failures.push({ index, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, work));
  return failures;
}

/** Runs one trial; its last words if it failed. */
async function runWorker(
  { folder, index, threads }: { folder: string; index: number; threads: number },
  signal: AbortSignal,
): Promise<string | null> {
  const [program = "", ...words] = selfCommand();
  const args = [...words, "sweep", "run", folder, "--index", `${index}`, "--threads", `${threads}`];
  // A group of its own: Ctrl-C reaches it once, by us
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  let heard = "";
  child.stderr.on("data", (chunk: Uint8Array) => {
    heard = (heard + new TextDecoder().decode(chunk)).slice(-4000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exit) => resolve(exit));
    });
    const words = heard.trim().split("\n").at(-1) ?? "";
    return code === 0 ? null : words || `ended with exit code ${code}`;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
