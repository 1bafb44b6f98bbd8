/**
 * Runs one trial of a sweep, once and for all.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { writeFileAtomic } from "../runtime/files.ts";
import type { StartEvent, TrainEvent } from "../train/events.ts";
import { NonFiniteError } from "../train/non_finite_error.ts";
import { train } from "../train/train.ts";
import type { TrainResult } from "../train/train_result.ts";
import { takeLock } from "./_lock.ts";
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
  const lock = await takeLock(trialPaths(folder, trial.id).lock);
  if (lock === null) return "busy";
  try {
    // It may have been finished between the look and the lock
    if (await isDone()) return "already-finished";
    return await runLocked({ folder, trial }, options);
  } finally {
    await lock.release();
  }
}

async function runLocked(
  { folder, trial }: { folder: string; trial: Trial },
  { signal, onEvent, threads }: RunTrialOptions,
): Promise<TrialOutcome> {
  const paths = trialPaths(folder, trial.id);
  const planned = await readTrialConfig(folder, trial);
  const config = { ...planned, threads: threads ?? planned.threads };
  const diary = new Diary();
  await rm(paths.run, { recursive: true, force: true });
  let result: TrainResult | null = null;
  try {
    result = await train(config, {
      out: paths.run,
      ...(signal === undefined ? {} : { signal }),
      onEvent(event) {
        diary.add(event);
        onEvent?.(event);
      },
    });
    if (result.reason === "aborted") return "interrupted";
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
  }
  const record: TrialResult = {
    id: trial.id,
    seed: trial.seed,
    reason: result?.reason ?? "non-finite",
    backend: diary.start?.backend ?? config.backend,
    steps: result?.steps ?? diary.steps,
    best: result?.best ?? null,
    last: result?.last ?? null,
    weightsSha256: result?.weightsSha256 ?? null,
    parameters: diary.start?.parameters ?? { generator: 0, discriminator: 0 },
    secondsPerEpoch: diary.secondsPerEpoch(config.data.batch),
  };
  await writeFileAtomic(paths.result, `${JSON.stringify(record, null, 2)}\n`);
  return "finished";
}

/** What of a run's events its result keeps. */
class Diary {
  start: StartEvent | null = null;
  steps = 0;
  readonly #speeds: number[] = [];

  add(event: TrainEvent): void {
    if (event.type === "start") this.start = event;
    if (event.type !== "step") return;
    this.steps = event.step;
    this.#speeds.push(event.imagesPerSecond);
  }

  /** By the median of the speeds: the first steps compile kernels. */
  secondsPerEpoch(batch: number): number | null {
    const speeds = this.#speeds.toSorted((a, b) => a - b);
    const median = speeds[Math.floor(speeds.length / 2)];
    if (median === undefined || this.start === null) return null;
    return this.start.stepsPerEpoch * batch / median;
  }
}
