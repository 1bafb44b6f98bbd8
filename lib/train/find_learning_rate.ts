/**
 * The learning-rate range test (Smith 2017), as Lightning's `lr_find`: some steps in which the rate
 * grows exponentially; where the loss falls fastest is a rate to train with.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendInfo } from "../backend/use_backend.ts";
import type { Config } from "../config/config.ts";
import { openTrainLoader, type TrainLoader } from "../data/loader/train_loader.ts";
import type { HostBatch } from "../data/loader/batch.ts";
import { openSession } from "./run/session.ts";
import { runStep } from "./step/scheduled_step.ts";

/** A step of the test. */
export interface RatePoint {
  rate: number;
  /** L_seg before the update. */
  loss: number;
  /** Its exponential moving average without the bias of the start, which the choice is made by. */
  smooth: number;
}

/** What a test found. */
export interface RateSearch {
  points: RatePoint[];
  /** The rate at which the smoothed loss falls fastest; `null` where it falls nowhere. */
  rate: number | null;
  /** Why it ended: all steps were done, the loss grew to four times the best, or by a signal. */
  reason: "finished" | "diverged" | "aborted";
  backend: string;
  /** What the user should know, such as terms that micro-batches change. */
  warnings: string[];
}

/** Extent of a test. */
export interface RateSearchOptions {
  /** First rate. @default 1e-8 */
  from?: number;
  /** Last rate. @default 1 */
  to?: number;
  /** Steps between them. @default 100 */
  steps?: number;
  /** A backend already in use, instead of `config.backend`. */
  backend?: BackendInfo;
  /** Ends the test after the step in progress. */
  signal?: AbortSignal;
  onPoint?: (point: RatePoint, done: number) => void;
}

/** Share of the average that each step keeps. */
const SMOOTHING = 0.98;
/** The test ends where the smoothed loss is this much above the lowest one. */
const DIVERGED = 4;
/** First points that no rate is chosen by: the average has seen too little. */
const SKIPPED = 10;

/**
 * Trains a network as `config` says, but for its rate, and throws it away: nothing is written. The
 * discriminator's rate stays `adversarial.discriminator.lr`.
 *
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {RangeError} If the rates are not 0 < from < to, or there are too few steps.
 * @throws {Error} If data or backend cannot be had.
 * @example
 * ```ts
 * import { loadConfig } from "@segadv/segadv";
 * import { findLearningRate } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * const overrides = ["backend=wasm", "data.crop=[32,32]", "data.batch=1", "model.width=0.05"];
 * const config = await loadConfig({ preset: "fixtures", overrides });
 * const { points } = await findLearningRate(config, { from: 1e-4, to: 1e-2, steps: 12 });
 * assert.equal(points.at(-1)!.rate.toFixed(4), "0.0100");
 * ```
 */
export async function findLearningRate(
  config: Config,
  options: RateSearchOptions = {},
): Promise<RateSearch> {
  const { from = 1e-8, to = 1, steps = 100, signal, onPoint } = options;
  if (!(from > 0 && from < to && to < Infinity)) {
    throw new RangeError(`Cannot search rates from ${from} to ${to}: needs 0 < from < to`);
  }
  if (!(Number.isInteger(steps) && steps > SKIPPED + 1)) {
    throw new RangeError(
      `Cannot search rates in ${steps} steps: needs a whole number of at least ${SKIPPED + 2}`,
    );
  }
  const session = await openSession(config, options);
  const { seed, data } = session.config;
  const { train, repeats, backend, warnings } = session;
  const loader = openTrainLoader({ dataset: train, config: data, seed, repeats });
  const points: RatePoint[] = [];
  let reason: RateSearch["reason"] = "finished";
  let [average, lowest] = [0, Infinity];
  try {
    for await (const batch of endless(loader, signal)) {
      const step = points.length;
      const rate = from * (to / from) ** (step / (steps - 1));
      const rates = { segmentation: rate, discriminator: config.adversarial.discriminator.lr };
      const losses = runStep(session, batch, { step, rates });
      const [loss] = await losses["loss/seg"]!.data().finally(() => tf.dispose(losses));
      await backend.checkErrors();
      average = SMOOTHING * average + (1 - SMOOTHING) * loss!;
      const smooth = average / (1 - SMOOTHING ** (step + 1));
      if (!Number.isFinite(smooth) || (step > 0 && smooth > DIVERGED * lowest)) {
        reason = "diverged";
        break;
      }
      lowest = Math.min(lowest, smooth);
      points.push({ rate, loss: loss!, smooth });
      onPoint?.(points.at(-1)!, points.length);
      if (points.length === steps) break;
    }
  } finally {
    await loader.close();
    session.dispose();
  }
  if (reason === "finished" && points.length < steps) reason = "aborted";
  return { points, rate: steepest(points), reason, backend: backend.name, warnings };
}

/**
 * The rate where the smoothed loss falls fastest a step, by differences to both sides.
 *
 * @returns `null` if it falls nowhere after the first points, or these are all there are.
 */
export function steepest(points: readonly RatePoint[]): number | null {
  let [best, rate] = [0, null as number | null];
  for (let i = SKIPPED; i < points.length - 1; i++) {
    const slope = (points[i + 1]!.smooth - points[i - 1]!.smooth) / 2;
    if (slope < best) [best, rate] = [slope, points[i]!.rate];
  }
  return rate;
}

/** Batches of one epoch after the other. */
async function* endless(
  loader: TrainLoader,
  signal: AbortSignal | undefined,
): AsyncGenerator<HostBatch> {
  for (let epoch = 0;; epoch++) {
    for await (const batch of loader.batches({ epoch })) {
      if (signal?.aborted) return;
      yield batch;
    }
  }
}
