import type * as tf from "@tensorflow/tfjs";
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
