/**
 * The order of an epoch.
 *
 * @module
 */
import type { RandomStream } from "../../util/random.ts";

/**
 * 0..n−1 in random order, every order equally likely (Fisher–Yates).
 *
 * @example
 * ```ts
 * import { permutation, randomStream } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...permutation(4, randomStream(1))].sort(), [0, 1, 2, 3]);
 * ```
 */
export function permutation(n: number, rng: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    const value = order[i]!;
    order[i] = order[j]!;
    order[j] = value;
  }
  return order;
}
