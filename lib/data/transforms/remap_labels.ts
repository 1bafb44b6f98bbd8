/**
 * From the label values of a data set to those of the training step.
 *
 * @module
 */
import type { ClassInfo } from "../dataset.ts";

/** What the values mean and whom to blame. */
export interface RemapOptions {
  classes: readonly ClassInfo[];
  ignoreLabel: number;
  /** Names the map in an error: `sample "0042"`, a file. */
  where: string;
  /** Columns of the map, to tell the place of a wrong value. */
  width: number;
}

/**
 * Turns the ignore label into 255, in place.
 *
 * @returns The number of pixels that are not ignored.
 * @throws {RangeError} If a value is neither a class index nor the ignore label; tells the value and
 * its first place.
 * @example
 * ```ts
 * import { remapLabels } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const label = new Uint8Array([0, 1, 0, 1]);
 * const classes = [{ name: "sky", color: [0, 0, 255] as [number, number, number] }];
 * assert.equal(remapLabels(label, { classes, ignoreLabel: 1, where: "map", width: 2 }), 2);
 * assert.deepEqual([...label], [0, 255, 0, 255]);
 * ```
 */
export function remapLabels(label: Uint8Array, options: RemapOptions): number {
  const { classes, ignoreLabel, where, width } = options;
  const count = classes.length;
  let valid = 0;
  for (let i = 0; i < label.length; i++) {
    const value = label[i]!;
    if (value === ignoreLabel) label[i] = 255;
    else if (value < count) valid++;
    else {
      throw new RangeError(
        `Cannot use ${where}: label ${value} at column ${i % width}, row ` +
          `${Math.floor(i / width)} is neither a class (0..${count - 1}) nor the ignore label ` +
          `(${ignoreLabel})`,
      );
    }
  }
  return valid;
}
