/**
 * Which weights the classes have in the terms of the segmentation loss that take them.
 *
 * @module
 */
import { type ClassCounts, classWeights } from "../data/validate/data_report.ts";

/** How class weights are chosen: by the class frequencies, or one number a class. */
export type ClassWeightChoice = "none" | "median-frequency" | "enet" | readonly number[];

/** Whether a choice needs the training split's counts. */
export function needsCounts(choice: ClassWeightChoice): boolean {
  return choice === "median-frequency" || choice === "enet";
}

/**
 * The weight of each class: what `inspect data` prints of the training split, or the given numbers;
 * `null` without weights. A class that never occurs has no pixel to weigh, and weight 0.
 *
 * @param options The number of `classes`, and `counts` where {@linkcode needsCounts} says so.
 * @throws {RangeError} If the numbers are not one a class.
 * @example
 * ```ts
 * import { chooseClassWeights } from "@segadv/segadv/losses";
 * import assert from "node:assert/strict";
 *
 * const counts = { pixels: [8, 2, 0], pixelsAround: [10, 10, 0] };
 * const weights = chooseClassWeights("median-frequency", { classes: 3, counts });
 * assert.deepEqual(weights, [0.625, 2.5, 0]);
 * ```
 */
export function chooseClassWeights(
  choice: ClassWeightChoice,
  { classes, counts }: { classes: number; counts: ClassCounts | null },
): number[] | null {
  if (choice === "none") return null;
  if (typeof choice !== "string") {
    if (choice.length === classes) return [...choice];
    throw new RangeError(
      `Cannot weigh ${classes} classes by ${choice.length} numbers: loss.classWeights must be one ` +
        "number a class, in the order of the data set",
    );
  }
  if (counts === null) throw new TypeError(`Cannot choose class weights by ${choice}: no counts`);
  const { medianFrequency, enet } = classWeights(counts);
  return (choice === "enet" ? enet : medianFrequency).map((weight) => weight ?? 0);
}
