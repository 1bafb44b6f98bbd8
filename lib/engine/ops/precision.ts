/**
 * The precision in which a pass stores its activations: set by the trainer, which knows whose pass it
 * is; read by the backend, which knows how to store float16.
 *
 * @module
 */

/**
 * `f32`: 32-bit floats throughout. `mixed`: activations and their gradients are stored as 16-bit
 * floats, all sums are still made in 32 bits, and weights, their gradients, batch statistics and
 * losses stay 32-bit floats.
 */
export type Precision = "f32" | "mixed";

let current: Precision = "f32";

/**
 * Runs `pass` in the given precision and returns its result. Tensors keep dtype `float32`; one that
 * is stored as float16 is converted by the first tfjs op or read that takes it. A pass and its
 * backward pass are wrapped each on its own, and must be synchronous. Backends without mixed
 * precision compute in 32 bits all the same.
 *
 * float16 reaches from 6e-8 to 65504: multiply the gradient that enters a backward pass by a scale,
 * and divide the gradients of the weights by it. Gradients that are not finite show an overflow
 * (method.md, "Updates"; Micikevicius et al. 2018).
 *
 * @param precision Holds until `pass` returns or throws.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { record, withPrecision } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.variable(tf.tensor1d([1, -2, 3, -4]));
 * const forward = withPrecision("mixed", () => record(() => tf.sum(tf.relu(x))));
 * const scale = 1024;
 * const [scaled] = withPrecision("mixed", () => forward.backward(tf.scalar(scale), [x]));
 * assert.deepEqual([...await tf.div(scaled!, scale).data()], [1, 0, 1, 0]);
 * ```
 */
export function withPrecision<T>(precision: Precision, pass: () => T): T {
  const before = current;
  current = precision;
  try {
    return pass();
  } finally {
    current = before;
  }
}

/**
 * The precision of the pass that runs now.
 *
 * @example
 * ```ts
 * import { currentPrecision, withPrecision } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * assert.equal(currentPrecision(), "f32");
 * assert.equal(withPrecision("mixed", currentPrecision), "mixed");
 * ```
 */
export function currentPrecision(): Precision {
  return current;
}
