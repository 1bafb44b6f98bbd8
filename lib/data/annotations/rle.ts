/**
 * Run lengths of masks, in the forms that annotation files have them.
 *
 * @module
 */
import type { LabelMap } from "../dataset.ts";

/** The order in which runs go over a mask: COCO goes down columns, CVAT along rows. */
export type RunOrder = "columns" | "rows";

/** Lengths of alternating runs of 0 and others, the first of 0 (perhaps of no length). */
export function encodeRle({ width, height, data }: LabelMap, order: RunOrder): number[] {
  const counts: number[] = [];
  let [value, run] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const at = order === "rows" ? i : (i % height) * width + Math.floor(i / height);
    const next = data[at] === 0 ? 0 : 1;
    if (next !== value) {
      counts.push(run);
      [value, run] = [next, 0];
    }
    run++;
  }
  counts.push(run);
  return counts;
}

/**
 * Calls `fill` with each run of 1: where it begins, counted along `order`, and how long it is.
 *
 * @throws {RangeError} If a length is no whole number of at least 0, or all of them together are not
 * `size`.
 */
export function forEachRun(
  counts: ArrayLike<number>,
  size: number,
  fill: (begin: number, length: number) => void,
): void {
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const length = counts[i]!;
    if (!Number.isInteger(length) || length < 0 || at + length > size) {
      throw new RangeError(`run ${i} of length ${length} does not fit ${size} pixels`);
    }
    if (i % 2 === 1 && length > 0) fill(at, length);
    at += length;
  }
  if (at !== size) throw new RangeError(`its runs have ${at} pixels, its size ${size}`);
}

/**
 * Run lengths from COCO's compressed string: groups of five bits from 48 on, least first, bit 5 says
 * that more follow, bit 4 of the last is the sign; from the fourth number on each is the difference
 * to that before the last (pycocotools, `rleFrString`).
 *
 * @throws {RangeError} If it has other characters, or ends within a number.
 */
export function parseCompressedRle(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const group = text.charCodeAt(at++) - 48;
      if (!(group >= 0 && group < 64)) throw new RangeError(`its counts break off at ${at}`);
      // Sums in place of shifts, which end at 32 bits
      value += (group & 31) * 2 ** shift;
      more = (group & 32) !== 0;
      shift += 5;
      if (!more && (group & 16) !== 0) value -= 2 ** shift;
      if (shift > 50) throw new RangeError(`its counts have a number of more than 50 bits`);
    }
    if (counts.length > 2) value += counts[counts.length - 2]!;
    counts.push(value);
  }
  return counts;
}
