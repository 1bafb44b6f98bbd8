/**
 * Kernels with windows of one channel: pooling and its gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { windowWords } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/**
 * MaxPoolGrad. The tfjs kernel drops the gradient of a window without a positive value; this one
 * gives it to the first of the largest inputs, as the cpu backend does.
 */
export function maxPoolGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const dy = call.inputs.dy!;
  const x = call.inputs.input!;
  const info = poolInfo(call, x);
  const out = call.backend.makeOutput(x.shape, "float32");
  const bands = poolBands(info);
  const pointers = { x: engine.at(x), dy: engine.at(dy), dx: engine.at(out) };
  engine.run("maxPoolGrad", { ...pointers, ...windowWords(info), bands }, {
    chunks: info.batchSize * bands,
    flops: 4 * tf.util.sizeFromShape(x.shape),
  });
  return out;
}

/** MaxPool, rows shared between the threads. */
export function maxPool(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  if (x.dtype !== "float32") return undefined;
  const info = poolInfo(call, x);
  const out = call.backend.makeOutput(info.outShape, "float32");
  engine.run("maxPool", { x: engine.at(x), out: engine.at(out), ...windowWords(info) }, {
    chunks: info.batchSize * info.outHeight,
    flops: 4 * tf.util.sizeFromShape(x.shape),
  });
  return out;
}

/**
 * AvgPoolGrad. The tfjs kernels divide by the whole window at the border too, where the forward
 * pass divides by the inputs that it holds; this one is the gradient of the forward pass.
 */
export function avgPoolGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const x = call.inputs.input!;
  const info = poolInfo(call, x);
  const out = call.backend.makeOutput(x.shape, "float32");
  const pointers = { dy: engine.at(call.inputs.dy!), dx: engine.at(out) };
  engine.run("avgPoolGrad", { ...pointers, ...windowWords(info) }, {
    chunks: info.batchSize * info.inHeight,
    flops: 4 * tf.util.sizeFromShape(x.shape),
  });
  return out;
}

function poolInfo(call: KernelCall, x: tf.TensorInfo): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = call.attrs;
  return tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/** Chunks per image: bands of rows, or of channels where windows overlap. */
function poolBands(info: tf.backend_util.Conv2DInfo): number {
  const wanted = Math.max(1, Math.ceil(32 / info.batchSize));
  const byRows = info.filterHeight <= info.strideHeight;
  return Math.min(wanted, byRows ? info.outHeight : Math.ceil(info.inChannels / 16));
}
