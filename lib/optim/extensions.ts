/**
 * Schedules of runs that were given more epochs after their end.
 *
 * @module
 */
import { z } from "zod";
import { whole } from "../util/schema.ts";
import { learningRate, type ScheduleEntry } from "./learning_rate.ts";

/** How the learning rate goes on beyond the planned end. */
export const extensionModes = ["hold", "restart", "stretch"] as const;

/** `hold`: at the last rate; `restart`: the schedule anew; `stretch`: as if planned so from the start. */
export type ExtensionMode = typeof extensionModes[number];

/** More epochs after the planned end of a run. */
export type ScheduleExtension = {
  /** Epochs before it. */
  from: number;
  /** Epochs that it adds. */
  by: number;
  how: ExtensionMode;
};

/** What a list of extensions holds. */
export const extensionsSchema: z.ZodType<ScheduleExtension[]> = z.array(
  z.strictObject({ from: whole(1), by: whole(1), how: z.enum(extensionModes) }),
);

/** A schedule over a run. */
export interface ExtendedSchedule {
  entry: ScheduleEntry;
  /** Options of the entry. */
  options: object;
  /** Peak rate. */
  base: number;
  warmupEpochs: number;
  /** Epochs of the run, extensions included. */
  epochs: number;
  stepsPerEpoch: number;
  extensions: readonly ScheduleExtension[];
}

/**
 * The rate of a step of a run that may have been extended. Steps before an extension keep the rates
 * that they had without it.
 *
 * @param step Steps done before this one, from 0.
 * @example
 * ```ts
 * import { extendedRate, schedules } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * const schedule = {
 *   entry: schedules.get("cosine"),
 *   options: {},
 *   base: 1,
 *   warmupEpochs: 0,
 *   epochs: 4,
 *   stepsPerEpoch: 1,
 * };
 * const rates = (how: "hold" | "restart" | "stretch") =>
 *   [2, 3].map((step) =>
 *     extendedRate({ ...schedule, extensions: [{ from: 2, by: 2, how }] }, step).toFixed(2)
 *   );
 * assert.deepEqual(rates("hold"), ["0.50", "0.50"]);
 * assert.deepEqual(rates("restart"), ["1.00", "0.50"]);
 * assert.deepEqual(rates("stretch"), ["0.50", "0.15"]);
 * ```
 */
export function extendedRate(schedule: ExtendedSchedule, step: number): number {
  const { entry, options, base, warmupEpochs, stepsPerEpoch, extensions } = schedule;
  const rateOver = (epochs: number, at: number): number =>
    learningRate(entry, at, {
      base,
      warmupSteps: warmupEpochs * stepsPerEpoch,
      totalSteps: epochs * stepsPerEpoch,
      options,
    });
  const last = extensions.at(-1);
  if (last === undefined) return rateOver(schedule.epochs, step);
  const { from, by, how } = last;
  const start = from * stepsPerEpoch;
  const before = { ...schedule, epochs: from, extensions: extensions.slice(0, -1) };
  if (step < start) return extendedRate(before, step);
  if (step >= (from + by) * stepsPerEpoch) return 0;
  if (how === "hold") return extendedRate(before, start - 1);
  return how === "restart" ? rateOver(by, step - start) : rateOver(from + by, step);
}
