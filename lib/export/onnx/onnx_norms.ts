/**
 * Normalisation and attention as operators of ONNX.
 *
 * @module
 */
import type { AttentionLayers } from "../../models/builders/attention.ts";
import type { NormLayers } from "../../models/builders/norms.ts";
import { activationOf } from "./onnx_elementwise.ts";
import type { OnnxOps, OnnxValue } from "./onnx_ops.ts";

/** Order in which ONNX takes the weights of a batch norm. */
const BATCH_NORM = ["gamma", "beta", "moving_mean", "moving_variance"] as const;

/** Batch norm, layer norm and attention. */
export function onnxNorms(ops: OnnxOps): NormLayers<OnnxValue> & AttentionLayers<OnnxValue> {
  return {
    batchNorm(x, options) {
      const { name, eps } = options;
      const inputs = [x, ...BATCH_NORM.map((part) => ops.vector(`${name}/${part}`))];
      const attributes = { epsilon: { f: eps } };
      const y = ops.add("BatchNormalization", inputs, { name, channels: x.channels, attributes });
      const { activation } = options;
      return activation
        ? activationOf(ops, y, { name: `${name}_${activation}`, activation })
        : ops.rectify(y, options);
    },
    layerNorm(x, { name, eps }) {
      const { channels } = x;
      const last = ops.add("Transpose", [x], {
        name: `${name}_channels_last`,
        channels,
        attributes: { perm: { ints: [0, 2, 3, 1] } },
      });
      const y = ops.add("LayerNormalization", [
        last,
        ...["gamma", "beta"].map((part) => ops.vector(`${name}/${part}`)),
      ], {
        name: `${name}_normalized`,
        channels,
        attributes: { axis: { i: -1 }, epsilon: { f: eps } },
      });
      const attributes = { perm: { ints: [0, 3, 1, 2] } };
      return ops.add("Transpose", [y], { name, channels, attributes });
    },
    attention({ q, k, v }, { name, heads }) {
      const { channels } = q;
      const shape = ops.graph.int64(`${name}_heads`, [0, heads, channels / heads, -1]);
      const rows = (x: OnnxValue, part: string): OnnxValue =>
        ops.add("Reshape", [x, shape], { name: `${name}_${part}`, channels });
      const swap = { perm: { ints: [0, 1, 3, 2] } };
      const queries = ops.add("Transpose", [rows(q, "q")], {
        name: `${name}_queries`,
        channels,
        attributes: swap,
      });
      const scores = ops.add("MatMul", [queries, rows(k, "k")], {
        name: `${name}_scores`,
        channels,
      });
      const factor = ops.scalar(`${name}_factor`, 1 / Math.sqrt(channels / heads));
      const scaled = ops.add("Mul", [scores, factor], { name: `${name}_scaled`, channels });
      const attributes = { axis: { i: -1 } };
      const shares = ops.add("Softmax", [scaled], { name: `${name}_shares`, channels, attributes });
      const turned = ops.add("Transpose", [shares], {
        name: `${name}_turned`,
        channels,
        attributes: swap,
      });
      const mixed = ops.add("MatMul", [rows(v, "v"), turned], { name: `${name}_mixed`, channels });
      const size = ops.graph.node("Shape", [q.name], { output: `${name}_size` });
      return ops.add("Reshape", [mixed, size], { name, channels });
    },
  };
}
