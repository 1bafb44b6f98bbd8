/**
 * Constant linear maps along height or width in a saved graph: what tfjs has no layer for, such as a
 * bilinear resize or an adaptive pool, is a matrix once the input's size is known.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

type Symbolic = tf.SymbolicTensor;

/** Ends the names of the matrices, which are weights of the graph but not of the network. */
export const MATRIX_WEIGHT = "_matrix/kernel";

/**
 * Height and width of a value of a graph that has one input size.
 *
 * @throws {RangeError} If the graph takes inputs of any size.
 */
export function fixedSize(x: Symbolic, name: string): [height: number, width: number] {
  const [, height, width] = x.shape;
  if (height != null && width != null) return [height, width];
  throw new RangeError(
    `Cannot build ${name} with tfjs layers for any input size: give the graph one input size`,
  );
}

/** Multiplies one axis of `[b, h, w, c]` by constant weights `[out, in]`; only stock layers. */
export function linearMap(
  x: Symbolic,
  options: { name: string; axis: 1 | 2; weights: { values: Float32Array; out: number } },
): Symbolic {
  const { name, axis, weights: { values, out } } = options;
  // The axis last: a dense layer works on the last one
  const dims = axis === 1 ? [3, 2, 1] : [1, 3, 2];
  const last = tf.layers.permute({ name: `${name}_before`, dims }).apply(x);
  const kernelInitializer = tf.initializers.zeros();
  kernelInitializer.apply = () =>
    tf.tidy(() => tf.transpose(tf.tensor2d(values, [out, values.length / out])));
  const dense = tf.layers.dense({
    name: `${name}_matrix`,
    units: out,
    useBias: false,
    trainable: false,
    kernelInitializer,
  });
  return tf.layers.permute({ name, dims }).apply(dense.apply(last)) as Symbolic;
}
