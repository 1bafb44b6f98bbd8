/**
 * Normalisation: from pixels to network input.
 *
 * @module
 */
import type { NormalizeConfig } from "../data_config.ts";

/**
 * Writes `(pixel − mean) / std` for RGB `pixels` on 0..255 into `target`, channels in `order`.
 * `target` may be `pixels` itself.
 *
 * @throws {RangeError} If the lengths differ.
 * @example
 * ```ts
 * import { normalizeInto } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const target = new Float32Array(3);
 * normalizeInto(new Uint8Array([10, 20, 30]), target, {
 *   order: "bgr",
 *   mean: [0, 10, 0],
 *   std: [1, 1, 2],
 * });
 * assert.deepEqual([...target], [30, 10, 5]);
 * ```
 */
export function normalizeInto(
  pixels: Uint8Array | Float32Array,
  target: Float32Array,
  { order, mean, std }: NormalizeConfig,
): void {
  if (pixels.length !== target.length) {
    throw new RangeError(
      `Cannot normalize ${pixels.length} values into ${target.length}: lengths must be equal`,
    );
  }
  const [first, third] = order === "rgb" ? [0, 2] : [2, 0];
  const [m0, m1, m2] = mean;
  const [s0, s1, s2] = [1 / std[0], 1 / std[1], 1 / std[2]];
  for (let i = 0; i < pixels.length; i += 3) {
    const a = pixels[i + first]!;
    const b = pixels[i + 1]!;
    const c = pixels[i + third]!;
    target[i] = (a - m0) * s0;
    target[i + 1] = (b - m1) * s1;
    target[i + 2] = (c - m2) * s2;
  }
}

/** Normalised values of all levels, a lookup table for a device. */
export interface NormalizationTable {
  /** Value of level v in channel c of the network's input at `c * 256 + v`. */
  values: Float32Array;
  /** Whether the network takes the channels of an RGB image in reverse order. */
  reversed: boolean;
}

/**
 * The values of {@linkcode normalizeInto} for the 256 levels of each channel: bit-identical.
 *
 * @example
 * ```ts
 * import { normalizationTable } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const table = normalizationTable({ order: "bgr", mean: [0, 10, 0], std: [1, 1, 2] });
 * assert.equal(table.reversed, true);
 * assert.equal(table.values[2 * 256 + 7], 3.5);
 * ```
 */
export function normalizationTable(normalize: NormalizeConfig): NormalizationTable {
  const levels = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const pixels = new Float32Array(768);
  normalizeInto(levels, pixels, normalize);
  const values = Float32Array.from(pixels, (_, i) => pixels[(i % 256) * 3 + (i >> 8)]!);
  return { values, reversed: normalize.order === "bgr" };
}
