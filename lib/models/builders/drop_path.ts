/**
 * Stochastic depth (Huang et al. 2016), in the three builders: in training a residual branch is left out
 * for some samples.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { LayerOptions } from "./layer_options.ts";
import { dropout } from "./layers.ts";
import { operation } from "./operation.ts";
import type { Shape } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Stochastic depth over values of type `T`. */
export interface DropPathLayers<T> {
  /**
   * Zeros for a share `rate` of the samples of a batch, the others divided by 1 − rate; as it is where
   * the rate is 0, and outside training.
   */
  dropPath(x: T, options: LayerOptions & { rate: number }): T;
}

/** No row in the table of layers, as it neither has weights nor changes shapes. */
export function dropPathShape(): DropPathLayers<Shape> {
  return { dropPath: (x) => x };
}

/** Nothing in a saved graph. */
export function dropPathTfjs(): DropPathLayers<Symbolic> {
  return { dropPath: (x) => x };
}

/** Its factors are drawn as those of dropout. */
export function dropPathTraining(): DropPathLayers<Symbolic> {
  return {
    dropPath(x, { name, rate }) {
      if (rate === 0) return x;
      return operation(x, {
        name,
        run(t, { training, dropout: state = { seed: 0, step: 0 } }) {
          if (!training) return t.clone();
          const samples = tf.ones([t.shape[0], 1, 1, 1]);
          return tf.mul(t, dropout(samples, { ...state, rate, layer: name }));
        },
      });
    },
  };
}
