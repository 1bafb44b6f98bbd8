/**
 * Pooling, in the three builders.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { globalAveragePool } from "../../engine/ops/channel_maps.ts";
import type { LayerOptions } from "./layer_options.ts";
import { operation } from "./operation.ts";
import { type Shape, type ShapeTable, windowed } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Options of max pooling. */
export interface PoolOptions extends LayerOptions {
  size: number;
  stride: number;
  padding: "same" | "valid";
}

/** Pooling over `[b, h, w, c]`. */
export interface PoolingLayers<T> {
  maxPool(x: T, options: PoolOptions): T;
  /** Mean over height and width, `[b, 1, 1, c]`. */
  globalAveragePool(x: T, options: LayerOptions): T;
}

/** Its rows in the table of layers. */
export function poolingShape(table: ShapeTable): PoolingLayers<Shape> {
  return {
    maxPool(x, { name, size, stride, padding }) {
      const output = windowed(x, { size, stride, padding });
      return table.record(`max pool ${size}×${size} /${stride}`, { name, output });
    },
    globalAveragePool: (x, { name }) =>
      table.record("global average pool", { name, output: { ...x, height: 1, width: 1 } }),
  };
}

/** The layers in a saved graph. */
export function poolingTfjs(): PoolingLayers<Symbolic> {
  return {
    maxPool(x, { name, size, stride, padding }) {
      const layer = tf.layers.maxPooling2d({ name, poolSize: size, strides: stride, padding });
      return layer.apply(x) as Symbolic;
    },
    globalAveragePool(x, { name }) {
      const mean = tf.layers.globalAveragePooling2d({ name: `${name}_mean` }).apply(x);
      const layer = tf.layers.reshape({ name, targetShape: [1, 1, x.shape.at(-1)!] });
      return layer.apply(mean) as Symbolic;
    },
  };
}

/** What the engine's ops do better than tfjs. */
export function poolingTraining(): Pick<PoolingLayers<Symbolic>, "globalAveragePool"> {
  return {
    globalAveragePool: (x, { name }) =>
      operation(x, {
        name,
        run: (t) => globalAveragePool(t),
        outputShape: ([b, , , c]) => [b!, 1, 1, c!],
      }),
  };
}
