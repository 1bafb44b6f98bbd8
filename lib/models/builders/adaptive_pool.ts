/**
 * Adaptive average pooling, in the three builders.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { adaptiveAveragePool, poolingWeights } from "../../engine/ops/adaptive_pool.ts";
import type { LayerOptions } from "./layer_options.ts";
import { fixedSize, linearMap } from "./linear_map.ts";
import { operation } from "./operation.ts";
import type { Shape, ShapeTable } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Options of adaptive pooling. */
export interface AdaptivePoolOptions extends LayerOptions {
  /** Windows an axis. */
  bins: number;
}

/** Adaptive pooling over values of type `T`. */
export interface AdaptivePoolLayers<T> {
  /**
   * Means over `bins × bins` windows that cover the map, as in PyTorch. A saved graph has one input size
   * where this is used.
   */
  adaptiveAveragePool(x: T, options: AdaptivePoolOptions): T;
}

/** Its row in the table of layers. */
export function adaptivePoolShape(table: ShapeTable): AdaptivePoolLayers<Shape> {
  return {
    adaptiveAveragePool(x, { name, bins }) {
      const output = { ...x, height: bins, width: bins };
      return table.record(`average pool to ${bins}×${bins}`, { name, output });
    },
  };
}

/** The layers in a saved graph. */
export function adaptivePoolTfjs(): AdaptivePoolLayers<Symbolic> {
  return {
    adaptiveAveragePool(x, { name, bins }) {
      const [height, width] = fixedSize(x, name);
      const rows = linearMap(x, {
        name: `${name}_y`,
        axis: 1,
        weights: poolingWeights(height, bins),
      });
      return linearMap(rows, { name, axis: 2, weights: poolingWeights(width, bins) });
    },
  };
}

/** The engine's op. */
export function adaptivePoolTraining(): AdaptivePoolLayers<Symbolic> {
  return {
    adaptiveAveragePool: (x, { name, bins }) =>
      operation(x, {
        name,
        run: (t) => adaptiveAveragePool(t, { bins }),
        outputShape: ([b, , , c]) => [b!, bins, bins, c!],
      }),
  };
}
