/**
 * The auxiliary head of a network (Zhao et al. 2017): scores of a feature half-way, which have a loss of
 * their own in training and are of no use afterwards.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { LayerOptions } from "./layer_options.ts";
import { operation } from "./operation.ts";
import type { Shape, ShapeTable } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Joins an auxiliary head to the network's output. */
export interface AuxiliaryLayers<T> {
  /**
   * The network's logits as they are. Called with `{ training: true, auxiliary: true }` the network gives
   * both, as {@linkcode packLogits} lays them out. In a saved graph the auxiliary logits, times 0, are
   * added, so that their weights are stored with the others.
   */
  auxiliaryOutput(logits: T, options: LayerOptions & { auxiliary: T }): T;
}

/** Its row in the table of layers. */
export function auxiliaryShape(table: ShapeTable): AuxiliaryLayers<Shape> {
  return {
    auxiliaryOutput: (logits, { name }) =>
      table.record("auxiliary output", { name, output: { ...logits } }),
  };
}

/** The layers in a saved graph. */
export function auxiliaryTfjs(): AuxiliaryLayers<Symbolic> {
  return {
    auxiliaryOutput(logits, { name, auxiliary }) {
      const mean = tf.layers.globalAveragePooling2d({ name: `${name}_mean` }).apply(auxiliary);
      const pixel = tf.layers.reshape({
        name: `${name}_pixel`,
        targetShape: [1, 1, auxiliary.shape.at(-1)!],
      }).apply(mean);
      const nothing = tf.layers.rescaling({ name: `${name}_nothing`, scale: 0 }).apply(pixel);
      return tf.layers.add({ name }).apply([logits, nothing as Symbolic]) as Symbolic;
    },
  };
}

/** The layer that trains. */
export function auxiliaryTraining(): AuxiliaryLayers<Symbolic> {
  return {
    auxiliaryOutput: (logits, { name, auxiliary }) =>
      operation([logits, auxiliary], {
        name,
        run: (t, { others: [other], training, auxiliary = false }) =>
          training && auxiliary ? packLogits(t, other!) : t.clone(),
      }),
  };
}

/** Logits of two sizes in one tensor `[b, h·w + h'·w', 1, c]`. */
export function packLogits(logits: tf.Tensor4D, auxiliary: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() =>
    tf.concat([logits, auxiliary].map((t) => tf.reshape(t, [t.shape[0], -1, 1, t.shape[3]])), 1)
  ) as tf.Tensor4D;
}

/**
 * Takes apart what {@linkcode packLogits} has joined.
 *
 * @param sizes Height and width of both.
 * @returns Both, owned by the caller.
 */
export function unpackLogits(
  packed: tf.Tensor4D,
  sizes: readonly [[number, number], [number, number]],
): [logits: tf.Tensor4D, auxiliary: tf.Tensor4D] {
  const [b, , , c] = packed.shape;
  return tf.tidy(() => {
    const parts = tf.split(packed, sizes.map(([h, w]) => h * w), 1);
    return parts.map((part, i) => tf.reshape(part, [b, ...sizes[i]!, c]));
  }) as [tf.Tensor4D, tf.Tensor4D];
}
