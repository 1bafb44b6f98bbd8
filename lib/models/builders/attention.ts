/**
 * Multi-head attention between maps, in the three builders.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { attention } from "../../engine/ops/attention.ts";
import type { LayerOptions } from "./layer_options.ts";
import { fixedSize } from "./linear_map.ts";
import { operation } from "./operation.ts";
import type { Shape, ShapeTable } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Attention over values of type `T`. */
export interface AttentionLayers<T> {
  /**
   * Multi-head attention of the pixels of `q [b, h, w, c]` to those of `k` and `v`, both
   * `[b, h', w', c]`. A saved graph has one input size where this is used.
   */
  attention(inputs: { q: T; k: T; v: T }, options: LayerOptions & { heads: number }): T;
}

/** Its row in the table of layers. */
export function attentionShape(table: ShapeTable): AttentionLayers<Shape> {
  return {
    attention({ q, k }, { name, heads }) {
      const kind = `attention to ${k.height}×${k.width}, heads ${heads}`;
      return table.record(kind, { name, output: { ...q } });
    },
  };
}

/** The layers in a saved graph: each head's products by tfjs's dot layer, which takes rank 3. */
export function attentionTfjs(): AttentionLayers<Symbolic> {
  return {
    attention({ q, k, v }, { name, heads }) {
      const [height, width] = fixedSize(q, name);
      const channels = q.shape[3]!;
      const d = channels / heads;
      const outputs = Array.from({ length: heads }, (_, head) => {
        const own = heads === 1 ? name : `${name}_head${head}`;
        const tokens = (x: Symbolic, part: string): Symbolic => {
          const start = head * d;
          const cut = channels - start - d;
          const only = heads === 1 ? x : cropChannels(x, { name: `${own}_${part}`, start, cut });
          const [h, w] = fixedSize(x, name);
          const layer = tf.layers.reshape({ name: `${own}_${part}_rows`, targetShape: [h * w, d] });
          return layer.apply(only) as Symbolic;
        };
        const scores = tf.layers.dot({ name: `${own}_scores`, axes: 2 })
          .apply([tokens(q, "q"), tokens(k, "k")]) as Symbolic;
        const scaled = tf.layers.rescaling({ name: `${own}_scale`, scale: 1 / Math.sqrt(d) })
          .apply(scores) as Symbolic;
        const shares = tf.layers.activation({ name: `${own}_softmax`, activation: "softmax" })
          .apply(scaled) as Symbolic;
        const mean = tf.layers.dot({ name: `${own}_mean`, axes: [2, 1] });
        return mean.apply([shares, tokens(v, "v")]) as Symbolic;
      });
      const all = outputs.length === 1
        ? outputs[0]!
        : tf.layers.concatenate({ name: `${name}_heads` }).apply(outputs) as Symbolic;
      const layer = tf.layers.reshape({
        name: `${name}_map`,
        targetShape: [height, width, channels],
      });
      return layer.apply(all) as Symbolic;
    },
  };
}

/** tfjs crops axes 2 and 3 of maps that it takes to be `[b, c, h, w]`. */
function cropChannels(
  x: Symbolic,
  { name, start, cut }: { name: string; start: number; cut: number },
): Symbolic {
  const layer = tf.layers.cropping2D({
    name,
    cropping: [[0, 0], [start, cut]],
    dataFormat: "channelsFirst",
  });
  return layer.apply(x) as Symbolic;
}

/** The engine's op. */
export function attentionTraining(): AttentionLayers<Symbolic> {
  return {
    attention: ({ q, k, v }, { name, heads }) =>
      operation([q, k, v], {
        name,
        run(q, { others: [k, v] }) {
          const rows = (x: tf.Tensor4D): tf.Tensor3D =>
            tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]);
          const y = attention({ q: rows(q), k: rows(k!), v: rows(v!) }, { heads });
          return tf.reshape(y, q.shape);
        },
      }),
  };
}
