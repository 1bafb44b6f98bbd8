/**
 * Depthwise convolution, with bias and activation, and its gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { ACTIVATION, type ActivationCode, windowWords } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Slices of rows whose filter gradients are added up one after the other; no more than threads need. */
const SLICES = 16;

/** DepthwiseConv2dNative and FusedDepthwiseConv2D. */
export function depthwiseConv2d(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const { x, filter, bias, preluActivationWeights } = call.inputs;
  const { activation = "linear", leakyreluAlpha: alpha = 0, dataFormat } = call.attrs;
  if (!(activation in ACTIVATION) || preluActivationWeights || dataFormat === "NCHW") {
    return undefined;
  }
  const info = depthwiseInfo(call, { x: x!.shape, filter: filter!.shape });
  const out = call.backend.makeOutput(info.outShape, "float32");
  engine.run("depthwise", {
    from: engine.at(x!),
    filter: engine.at(filter!),
    to: engine.at(out),
    bias: bias ? engine.at(bias) : 0,
    activation: ACTIVATION[activation as keyof typeof ACTIVATION] as ActivationCode,
    alpha,
    ...windowWords(info),
    multiplier: filter!.shape[3]!,
    backward: 0,
  }, { chunks: info.batchSize * info.outHeight, flops: flops(info) });
  return out;
}

/** DepthwiseConv2dNativeBackpropInput, which the tfjs backend lacks, with any dilations. */
export function depthwiseInputGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { dy, filter } = call.inputs;
  const info = depthwiseInfo(call, { x: call.attrs.inputShape, filter: filter!.shape });
  const out = call.backend.makeOutput(info.inShape, "float32");
  engine.run("depthwise", {
    from: engine.at(dy!),
    filter: engine.at(filter!),
    to: engine.at(out),
    ...{ bias: 0, activation: ACTIVATION.linear, alpha: 0 },
    ...windowWords(info),
    multiplier: filter!.shape[3]!,
    backward: 1,
  }, { chunks: info.batchSize * info.inHeight, flops: flops(info) });
  return out;
}

/** DepthwiseConv2dNativeBackpropFilter, which the tfjs backend lacks, with any dilations. */
export function depthwiseFilterGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, dy } = call.inputs;
  const { filterShape } = call.attrs;
  const info = depthwiseInfo(call, { x: x!.shape, filter: filterShape });
  const out = call.backend.makeOutput(filterShape, "float32");
  const lines = info.batchSize * info.outHeight;
  // A function of the shape alone, so that sums do not depend on the number of threads
  const rowsPerSlice = Math.max(2, Math.ceil(lines / SLICES));
  const count = Math.ceil(lines / rowsPerSlice);
  const size = tf.util.sizeFromShape(filterShape);
  const run = (slices: number): void =>
    engine.run("depthwiseFilterGrad", {
      x: engine.at(x!),
      dy: engine.at(dy!),
      slices,
      ...windowWords(info),
      multiplier: filterShape[3],
      rowsPerSlice,
    }, { chunks: count, flops: flops(info) });
  if (count === 1) {
    run(engine.at(out));
    return out;
  }
  engine.withScratch(4 * size * count, (slices) => {
    run(slices);
    engine.run("sumSlices", {
      slices,
      out: engine.at(out),
      ...{ rows: 1, columns: size, stride: size, count, rowsPerChunk: 1 },
    }, { chunks: 1, flops: size * count });
  });
  return out;
}

function depthwiseInfo(
  call: KernelCall,
  shapes: { x: number[]; filter: number[] },
): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations, dimRoundingMode } = call.attrs;
  return tf.backend_util.computeConv2DInfo(
    shapes.x as [number, number, number, number],
    shapes.filter as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
}

function flops(info: tf.backend_util.Conv2DInfo): number {
  return 2 * tf.util.sizeFromShape(info.outShape) * info.filterHeight * info.filterWidth;
}
