/**
 * Pooling as operators of ONNX.
 *
 * @module
 */
import type { AdaptivePoolLayers } from "../../models/builders/adaptive_pool.ts";
import type { PoolingLayers } from "../../models/builders/pooling.ts";
import { type OnnxOps, type OnnxValue, pair } from "./onnx_ops.ts";

/** Max pooling, and averages over the map or a grid of bins. */
export function onnxPooling(
  ops: OnnxOps,
): PoolingLayers<OnnxValue> & AdaptivePoolLayers<OnnxValue> {
  return {
    maxPool(x, { name, size, stride, padding }) {
      const attributes = {
        kernel_shape: pair(size),
        strides: pair(stride),
        auto_pad: { s: padding === "same" ? "SAME_UPPER" : "VALID" },
      };
      return ops.add("MaxPool", [x], { name, channels: x.channels, attributes });
    },
    globalAveragePool: (x, { name }) =>
      ops.add("GlobalAveragePool", [x], { name, channels: x.channels }),
    adaptiveAveragePool(x, { name, bins }) {
      // Bins are rectangles: first the means of rows, then of columns
      const rows = meanBins(ops, x, { name: `${name}_rows`, axis: 2, bins });
      return meanBins(ops, rows, { name, axis: 3, bins });
    },
  };
}

/** Means over `bins` parts of an axis: part i is from ⌊i·n / bins⌋ up to ⌈(i + 1)·n / bins⌉. */
function meanBins(
  ops: OnnxOps,
  x: OnnxValue,
  { name, axis, bins }: { name: string; axis: number; bins: number },
): OnnxValue {
  const { graph } = ops;
  const { channels } = x;
  const length = ops.shapePart(x, { name: `${name}_length`, from: axis, to: axis + 1 });
  const whole = graph.int64(`${name}_bins`, [bins]);
  const axes = graph.int64(`${name}_axis`, [axis]);
  /** ⌊(length · i + add) / bins⌋. */
  const bound = (i: number, { add, label }: { add: number; label: string }): string => {
    const product = graph.node("Mul", [length, graph.int64(`${label}_i`, [i])], {
      output: `${label}_product`,
    });
    const sum = graph.node("Add", [product, graph.int64(`${label}_add`, [add])], {
      output: `${label}_sum`,
    });
    return graph.node("Div", [sum, whole], { output: label });
  };
  const parts = Array.from({ length: bins }, (_, i) => {
    const from = bound(i, { add: 0, label: `${name}_from${i}` });
    const to = bound(i + 1, { add: bins - 1, label: `${name}_to${i}` });
    const part = ops.add("Slice", [x, from, to, axes], { name: `${name}_part${i}`, channels });
    const attributes = { axes: { ints: [axis] }, keepdims: { i: 1 } };
    return ops.add("ReduceMean", [part], { name: `${name}_mean${i}`, channels, attributes });
  });
  return ops.add("Concat", parts, { name, channels, attributes: { axis: { i: axis } } });
}
