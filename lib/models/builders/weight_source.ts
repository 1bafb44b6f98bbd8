/**
 * Where the weights of a network come from.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { fillNormal, randomStream } from "../../util/random.ts";
import type { WeightSpec } from "./layer_options.ts";

/** Gives a weight its first value: a tensor of `spec.shape` that the caller disposes. */
export type WeightSource = (spec: WeightSpec) => tf.Tensor;

/**
 * Weights drawn by their `init` rule. Each weight has a random stream of its own, named by seed and
 * weight name, so neither the order of building nor another layer's size changes it.
 */
export function seededWeights(seed: number): WeightSource {
  return ({ name, shape, init }) => {
    switch (init.kind) {
      case "zeros":
        return tf.zeros(shape);
      case "ones":
        return tf.ones(shape);
      case "bilinear":
        return bilinearKernel(shape);
    }
    const fanIn = shape.slice(0, -1).reduce((product, length) => product * length, 1);
    const std = init.kind === "normal" ? init.std : Math.sqrt(2 / fanIn);
    const size = shape.reduce((product, length) => product * length, 1);
    const values = fillNormal(new Float32Array(size), randomStream(seed, "weights", name));
    for (let i = 0; i < size; i++) values[i]! *= std;
    return tf.tensor(values, shape);
  };
}

/**
 * Kernel `[k, k, out, in]` of a transposed convolution that enlarges each channel bilinearly
 * (Long et al. 2015): w = (1 − |i−c|/f)(1 − |j−c|/f) on the diagonal, f = ⌈k/2⌉, c = f − 1 for odd
 * k and f − ½ for even.
 */
function bilinearKernel(shape: number[]): tf.Tensor {
  const [kernel, , filters, channels] = shape as [number, number, number, number];
  const f = Math.ceil(kernel / 2);
  const centre = kernel % 2 === 1 ? f - 1 : f - 0.5;
  const tap = (i: number): number => 1 - Math.abs(i - centre) / f;
  const values = new Float32Array(kernel * kernel * filters * channels);
  for (let y = 0; y < kernel; y++) {
    for (let x = 0; x < kernel; x++) {
      for (let c = 0; c < Math.min(filters, channels); c++) {
        values[((y * kernel + x) * filters + c) * channels + c] = tap(y) * tap(x);
      }
    }
  }
  return tf.tensor(values, shape);
}

/**
 * An initializer that takes a weight from `source`. Saved models record it as tfjs's `Zeros`: their
 * weights are stored beside the graph.
 */
export function initializer(
  source: WeightSource,
  spec: Omit<WeightSpec, "shape">,
): ReturnType<typeof tf.initializers.zeros> {
  const zeros = tf.initializers.zeros();
  zeros.apply = (shape) => source({ ...spec, shape: shape as number[] });
  return zeros;
}
