/**
 * Learning-rate schedule of G and D.
 *
 * @module
 */

/** Shape of a schedule, in steps. */
export interface ScheduleOptions {
  /** Peak rate. */
  base: number;
  /** Steps of linear warm-up. */
  warmupSteps: number;
  /** Steps of the whole run, warm-up included. */
  totalSteps: number;
}

/**
 * Linear warm-up to `base`, then half a cosine towards 0 (Table 4-1; He et al. 2019): in step i of
 * m warm-up steps base·i/m, then ½·base·(1 + cos(π·t/T)) for t = 0..T−1.
 *
 * @param step Steps done before this one, from 0.
 * @returns The rate for the step; 0 at and beyond `totalSteps`.
 *
 * @example
 * ```ts
 * import { cosineWithWarmup } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const options = { base: 1, warmupSteps: 2, totalSteps: 4 };
 * const rates = [0, 1, 2, 3, 4].map((step) => cosineWithWarmup(step, options));
 * assert.deepEqual(rates.map((rate) => rate.toFixed(2)), ["0.50", "1.00", "1.00", "0.50", "0.00"]);
 * ```
 */
export function cosineWithWarmup(step: number, options: ScheduleOptions): number {
  const { base, warmupSteps, totalSteps } = options;
  if (step >= totalSteps) return 0;
  if (step < warmupSteps) return base * ((step + 1) / warmupSteps);
  const t = (step - warmupSteps) / (totalSteps - warmupSteps);
  return 0.5 * base * (1 + Math.cos(Math.PI * t));
}
