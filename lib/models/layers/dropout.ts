/**
 * Dropout whose mask is a function of (seed, step, layer): a resumed run draws the same masks.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../../runtime/random.ts";

/** What a model's dropout masks are drawn from; the model owns it, the trainer moves `step`. */
export interface DropoutState {
  seed: number;
  step: number;
}

/** Which mask to draw. */
export interface DropoutOptions extends DropoutState {
  /** Share of values set to zero, 0 ≤ rate < 1; the others are divided by 1 − rate. */
  rate: number;
  /** Name of the layer. */
  layer: string;
}

/**
 * Inverted dropout: each value becomes zero with probability `rate`, the rest grow by
 * 1 / (1 − rate). Same bits on every backend. Differentiable in `x`.
 *
 * @returns A tensor of `x`'s shape, owned by the caller.
 * @throws {RangeError} If `rate` lies outside [0, 1).
 */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  const { rate, seed, step, layer } = options;
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`Cannot drop a share of ${rate} in ${layer}: must lie in [0, 1)`);
  }
  return tf.tidy(() => {
    if (rate === 0) return x.clone();
    const stream = randomStream(seed, "dropout", step, layer);
    const kept = new Float32Array(x.size);
    const threshold = rate * 4294967296;
    const scale = 1 / (1 - rate);
    for (let i = 0; i < kept.length; i++) kept[i] = stream.bits() >= threshold ? scale : 0;
    return tf.mul(x, tf.tensor(kept, x.shape));
  }) as T;
}
