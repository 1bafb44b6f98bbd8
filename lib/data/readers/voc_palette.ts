/**
 * The colours that class indices have in PASCAL VOC and wherever nothing else is said.
 *
 * @module
 */

/**
 * The first `count` colours of VOC's palette as RGB triples: the bits of the index go to the
 * high bits of red, green and blue in turn.
 *
 * @example
 * ```ts
 * import { vocPalette } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...vocPalette(16).subarray(45)], [192, 128, 128]); // 15, person
 * ```
 */
export function vocPalette(count: number): Uint8Array {
  const palette = new Uint8Array(count * 3);
  for (let index = 0; index < count; index++) {
    for (let bit = 7, rest = index; rest > 0; bit--, rest >>= 3) {
      for (let channel = 0; channel < 3; channel++) {
        palette[index * 3 + channel]! |= ((rest >> channel) & 1) << bit;
      }
    }
  }
  return palette;
}
