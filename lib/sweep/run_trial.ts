/**
 * Runs one trial of a sweep, at most once.
 *
 * @module
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readRun, secondsPerEpoch } from "../train/run/read_run.ts";
import { removeFile, writeFileAtomic } from "../util/files.ts";
import type { TrainEvent } from "../train/events.ts";
import { NonFiniteError, ResumeError } from "../train/errors.ts";
import { resumeTraining } from "../train/run/resume.ts";
import { train } from "../train/run/train.ts";
import type { TrainResult } from "../train/events.ts";
import { dropForeignLock, lockFile } from "../util/lock.ts";
import type { Trial } from "./plan_sweep.ts";
import {
  readResults,
  readSweep,
  readTrialConfig,
  trialPaths,
  type TrialResult,
} from "./sweep_folder.ts";

/** How a trial ended: `busy` where another worker has it, `interrupted` where the signal came. */
export type TrialOutcome = "finished" | "already-finished" | "busy" | "interrupted";

/** Options of {@linkcode runTrial}. */
export interface RunTrialOptions {
  /** Interrupts the run after the step in progress; the next call goes on. */
  signal?: AbortSignal;
  /** Receives the events of the run. */
  onEvent?: (event: TrainEvent) => void;
  /** WASM threads in place of the plan's; they do not change the result. */
  threads?: number;
}

/**
 * Runs a trial unless it is finished or another worker has it. An interrupted run is continued from
 * its checkpoint, or begun again where there is none. A run whose loss is no number counts as
 * finished: it would be so again.
 *
 * @param sweep The sweep's folder and the trial's index, from 0.
 * @throws {RangeError} If there is no such trial.
 * @throws {Error} As {@linkcode train}, for what may be mended; the trial is then not finished.
 * @example A sweep from its grid to its table
 * ```ts
 * import {
 *   comparePaired,
 *   formatSweepTable,
 *   parseGrid,
 *   planSweep,
 *   readComparison,
 *   readResults,
 *   readSweep,
 *   readTrialConfig,
 *   runTrial,
 *   sweepStatus,
 *   sweepTable,
 *   trialPaths,
 *   writeSweep,
 * } from "@segadv/segadv/sweep";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const text = "preset: fixtures\n" +
 *   "set: { backend: cpu, train.maxSteps: 1, data: { crop: [32, 32], batch: 1 } }\n" +
 *   "trials: [{ adversarial.tg: 2 }]\n";
 * const folder = await mkdtemp(join(tmpdir(), "segadv-"));
 * await writeSweep(folder, await planSweep(parseGrid(text, "grid.yaml")));
 * assert.equal(await runTrial({ folder, index: 0 }), "finished");
 *
 * const [trial] = await sweepStatus(folder);
 * assert.equal(trial!.state, "finished");
 * assert.equal((await readTrialConfig(folder, trial!)).adversarial.tg, 2);
 * assert.ok(trialPaths(folder, trial!.id).run.startsWith(folder));
 *
 * const plan = await readSweep(folder);
 * const table = sweepTable(plan, await readResults(folder, plan));
 * assert.match(formatSweepTable(table, "md"), /tg=2/);
 * assert.match(readComparison(comparePaired({ values: [0.7], baseline: [0.6] })), /says nothing/);
 * ```
 */
export async function runTrial(
  sweep: { folder: string; index: number },
  options: RunTrialOptions = {},
): Promise<TrialOutcome> {
  const { folder, index } = sweep;
  const plan = await readSweep(folder);
  const trial = plan.trials[index];
  if (trial === undefined) {
    throw new RangeError(
      `Cannot run trial ${index} of ${folder}: it has ${plan.trials.length}, numbered from 0`,
    );
  }
  const isDone = async (): Promise<boolean> => (await readResults(folder, plan)).has(trial.id);
  if (await isDone()) return "already-finished";
  const lock = await lockFile(trialPaths(folder, trial.id).lock);
  if (lock === null) return "busy";
  try {
    if (await isDone()) return "already-finished"; // by whoever held the lock until now
    // Every worker takes the trial first, so another machine's lock of the run is left over
    await dropForeignLock(trialPaths(folder, trial.id).run);
    await removeFile(trialPaths(folder, trial.id).failure);
    return await runLocked({ folder, trial }, options);
  } catch (error) {
    // For `sweep status`; where not even this can be written, the error is all there is
    if (options.signal?.aborted === true) throw error;
    const message = `${(error as Error).message.replace(/\s*\n\s*/g, " ")}\n`;
    await writeFileAtomic(trialPaths(folder, trial.id).failure, message).catch(() => {});
    throw error;
  } finally {
    await lock.release();
  }
}

async function runLocked(
  { folder, trial }: { folder: string; trial: Trial },
  options: RunTrialOptions,
): Promise<TrialOutcome> {
  const paths = trialPaths(folder, trial.id);
  const result = await trainOrResume({ folder, trial }, options);
  if (result?.reason === "aborted") return "interrupted";
  const record = await readRun(paths.run);
  const content: TrialResult = {
    id: trial.id,
    seed: trial.seed,
    reason: result?.reason ?? "non-finite",
    backend: record.start.backend,
    steps: result?.steps ?? record.end?.step ?? 0,
    best: result?.best ?? null,
    last: result?.last ?? null,
    weightsSha256: result?.weightsSha256 ?? null,
    parameters: record.start.parameters,
    secondsPerEpoch: secondsPerEpoch(record),
  };
  await writeFileAtomic(paths.result, `${JSON.stringify(content, null, 2)}\n`);
  await rm(join(paths.run, "checkpoint"), { recursive: true, force: true }); // no longer needed
  return "finished";
}

/** Trains to the end or the signal; `null` where the loss is no number. */
async function trainOrResume(
  { folder, trial }: { folder: string; trial: Trial },
  { signal, onEvent, threads }: RunTrialOptions,
): Promise<TrainResult | null> {
  const { run } = trialPaths(folder, trial.id);
  const config = await readTrialConfig(folder, trial);
  const options = {
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
  };
  try {
    if (await exists(join(run, "config.yaml"))) {
      const overrides = threads === undefined ? {} : { threads };
      try {
        return await resumeTraining(run, { ...options, overrides });
      } catch (error) {
        // Whatever cannot be resumed is begun again: the outcome is the same
        if (!(error instanceof ResumeError)) throw error;
      }
    }
    await rm(run, { recursive: true, force: true });
    return await train({ ...config, threads: threads ?? config.threads }, { ...options, out: run });
  } catch (error) {
    if (error instanceof NonFiniteError) return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
