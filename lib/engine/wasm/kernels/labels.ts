/**
 * Kernels that take class labels: one-hot maps, convolutions of such maps, and cross-entropy.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { SoftmaxCrossEntropyAttrs } from "../../ops/kernels.ts";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import { CONSTANTS, windowWords } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Labels per chunk of the one-hot kernel. */
const CHUNK = 4096;

/** One-hot maps in one pass; tfjs makes integers and casts them. */
export function oneHot(engine: Engine, call: KernelCall): tf.TensorInfo {
  const labels = call.inputs.labels!;
  const classes: number = call.attrs.classes;
  const count = labels.shape.reduce((a, b) => a * b, 1);
  const out = call.backend.makeOutput([...labels.shape, classes], "float32");
  const pointers = { labels: engine.at(labels), out: engine.at(out) };
  engine.run("oneHot", { ...pointers, count, classes, perChunk: CHUNK }, {
    chunks: Math.ceil(count / CHUNK),
    flops: count * classes,
  });
  engine.provenance.record(out, { kind: "labels", at: engine.at(labels) }, 4 * count);
  return out;
}

/** Operands of {@linkcode labelConv}: addresses, and 0 where there is no bias. */
export interface LabelConv {
  info: tf.backend_util.Conv2DInfo;
  labels: number;
  filter: number;
  out: number;
  bias: number;
  activation: number;
  alpha: number;
}

/** Forward convolution of one-hot maps: a tap adds a row of the filter. */
export function labelConv(engine: Engine, { info, ...o }: LabelConv): void {
  const rows = info.batchSize * info.outHeight;
  engine.run("labelConv", { ...o, ...windowWords(info) }, {
    chunks: rows,
    flops: rows * info.outWidth * info.outChannels * taps(info),
  });
}

/** Filter gradient of the same. */
export function labelFilterGrad(
  engine: Engine,
  { info, ...o }: { info: tf.backend_util.Conv2DInfo; labels: number; dy: number; out: number },
): void {
  const words = { labels: o.labels, dy: o.dy, dFilter: o.out, ...windowWords(info) };
  const pixels = info.batchSize * info.outHeight * info.outWidth;
  engine.run("labelFilterGrad", words, {
    chunks: taps(info) * Math.ceil(info.outChannels / CONSTANTS.LABEL_COLUMNS),
    flops: pixels * info.outChannels * taps(info),
  });
}

/** Whether a convolution can read labels instead of maps. */
export function coversLabels(info: tf.backend_util.Conv2DInfo): boolean {
  // The pointers of all taps, or the sums of all classes, lie in a thread's scratch.
  return Math.max(4 * taps(info), 4 * CONSTANTS.LABEL_COLUMNS * info.inChannels) <= THREAD_SCRATCH;
}

function taps(info: tf.backend_util.Conv2DInfo): number {
  return info.filterHeight * info.filterWidth;
}

/** Rows of logits per chunk. */
const ROWS_PER_CHUNK = 2048;

/** softmax(z / T) cross-entropy and its gradient, one pass over the logits. */
export function softmaxCrossEntropy(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { logits, labels } = call.inputs;
  const { temperature, scale }: SoftmaxCrossEntropyAttrs = call.attrs;
  const [rows, classes] = logits!.shape as [number, number];
  if (labels!.dtype !== "int32") {
    throw new TypeError(`labels must be int32, got ${labels!.dtype}`);
  }
  const loss = call.backend.makeOutput([], "float32");
  const gradient = call.backend.makeOutput([rows, classes], "float32");
  const chunks = Math.ceil(rows / ROWS_PER_CHUNK);
  engine.withScratch(Math.max(8, chunks * 8), (losses) => {
    engine.run("softmaxCrossEntropy", {
      logits: engine.at(logits!),
      labels: engine.at(labels!),
      dlogits: engine.at(gradient),
      losses,
      rows,
      classes,
      rowsPerChunk: ROWS_PER_CHUNK,
      inverseTemperature: 1 / temperature,
      gradientScale: scale / temperature,
    }, { chunks, flops: rows * classes * 20 });
    const sum = { losses, out: engine.at(loss), count: chunks, scale };
    engine.run("sumLosses", sum, { chunks: 1, flops: 0 });
  });
  return [loss, gradient];
}
