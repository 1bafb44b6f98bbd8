/**
 * Sums and means over leading axes or over everything, in a fixed order.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { columnSum } from "./column_sum.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";
import { stockKernel } from "./tfjs_kernels.ts";
import { sumAll } from "./sum_parts.ts";

interface SumAttrs {
  axis: number | number[];
  keepDims: boolean;
}

/** Sum; other axes than the leading ones go to the stock kernel. */
export const sum: Kernel<SumAttrs> = {
  name: "Sum",
  run: (call) => reduce(call, "Sum"),
};

/** Mean; other axes than the leading ones go to the stock kernel. */
export const mean: Kernel<SumAttrs> = {
  name: "Mean",
  run: (call) => reduce(call, "Mean"),
};

function reduce(
  call: KernelCall<SumAttrs>,
  name: "Sum" | "Mean",
): tf.TensorInfo | tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const x = inputs.x!;
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape).toSorted((a, b) => a - b);
  const leading = axes.every((axis, i) => axis === i);
  const onCpu = backend.shouldExecuteOnCPU([x]);
  if (x.dtype !== "float32" || !leading || axes.length === 0 || sizeOf(x) === 0 || onCpu) {
    return stockKernel<SumAttrs>(name)(call);
  }
  const channels = x.shape.slice(axes.length).reduce((product, d) => product * d, 1);
  const rows = sizeOf(x) / channels;
  const factor = name === "Mean" ? 1 / rows : 1;
  const ones = attrs.keepDims ? axes.map(() => 1) : [];
  const shape = [...ones, ...x.shape.slice(axes.length)];
  if (channels === 1) return sumAll(backend, { x, shape, factor });
  return columnSum(backend, { x, rows, channels, shape, factor });
}
