/**
 * Learning-rate schedules: linear warm-up, then a decay by name.
 *
 * @module
 */
import type { z } from "zod";
import { optionsSchema, parseOptions, type RegistryEntry } from "../util/registry.ts";

/** A decay that `schedule.name` can name. */
export interface ScheduleEntry extends RegistryEntry {
  /**
   * The rate after warm-up.
   *
   * @param progress t / T in [0, 1), where T steps follow the warm-up.
   * @param base Peak rate.
   * @param options The entry's own options; those of the section `schedule` are passed over.
   */
  rate(progress: number, base: number, options?: object): number;
}

/** Extent of a schedule, in steps. */
export interface ScheduleOptions {
  /** Peak rate. */
  base: number;
  /** Steps of linear warm-up. */
  warmupSteps: number;
  /** Steps of the whole run, warm-up included. */
  totalSteps: number;
  /** Options of the decay. */
  options?: object;
}

/**
 * Makes an entry whose own options are documented fields.
 *
 * @example
 * ```ts
 * import { defineSchedule, learningRate } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * const constant = defineSchedule({
 *   name: "constant",
 *   summary: "the peak rate",
 *   options: {},
 *   rate: (_progress, base) => base,
 * });
 * assert.equal(learningRate(constant, 7, { base: 0.1, warmupSteps: 0, totalSteps: 10 }), 0.1);
 * ```
 */
export function defineSchedule<S extends Record<string, z.ZodType>>(entry: {
  name: string;
  summary: string;
  options: S;
  rate(
    progress: number,
    base: number,
    options: z.output<z.ZodObject<S, z.core.$strict>>,
  ): number;
}): ScheduleEntry {
  const { name, summary } = entry;
  const options = optionsSchema(entry.options);
  const shared = ["name", "warmupEpochs", "extensions"];
  return {
    name,
    summary,
    options,
    rate: (progress, base, given = {}) =>
      entry.rate(progress, base, parseOptions(options, given, { name, shared })),
  };
}

/**
 * The rate of a step: in step i of m warm-up steps i/m of the schedule's first rate, then the
 * schedule (He et al. 2019; method.md, "Schedule").
 *
 * @param step Steps done before this one, from 0.
 * @returns The rate for the step; 0 at and beyond `totalSteps`.
 *
 * @example
 * ```ts
 * import { learningRate, schedules } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * const options = { base: 1, warmupSteps: 2, totalSteps: 4 };
 * const cosine = schedules.get("cosine");
 * const rates = [0, 1, 2, 3, 4].map((step) => learningRate(cosine, step, options));
 * assert.deepEqual(rates.map((rate) => rate.toFixed(2)), ["0.50", "1.00", "1.00", "0.50", "0.00"]);
 * ```
 */
export function learningRate(
  schedule: ScheduleEntry,
  step: number,
  options: ScheduleOptions,
): number {
  const { base, warmupSteps, totalSteps } = options;
  if (step >= totalSteps) return 0;
  if (step < warmupSteps) {
    return schedule.rate(0, base, options.options) * ((step + 1) / warmupSteps);
  }
  const progress = (step - warmupSteps) / (totalSteps - warmupSteps);
  return schedule.rate(progress, base, options.options);
}
