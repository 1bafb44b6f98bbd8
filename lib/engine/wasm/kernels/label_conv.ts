import type * as tf from "@tensorflow/tfjs";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import { JOB } from "../jobs.ts";
import type { KernelCall } from "../tfjs_members.ts";

/** Labels per chunk of the kernel that spreads them. */
const CHUNK = 4096;
/** Columns per chunk of the filter gradient; assembly/labels.ts relies on it. */
const COLUMNS = 32;

/** One-hot maps in one pass; stock makes integers and casts them. */
export function oneHot(engine: Engine, call: KernelCall): tf.TensorInfo {
  const labels = call.inputs.labels!;
  const classes: number = call.attrs.classes;
  const count = labels.shape.reduce((a, b) => a * b, 1);
  const out = call.backend.makeOutput([...labels.shape, classes], "float32");
  engine.write([engine.at(labels), engine.at(out), count, classes, CHUNK]);
  engine.run(JOB.oneHot, Math.ceil(count / CHUNK), count * classes);
  const origin = { kind: "labels", at: engine.at(labels) } as const;
  engine.origins.remember(out, { origin, bytes: 4 * count });
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
  engine.write([
    ...words(info, { labels: o.labels, filter: o.filter, pixels: o.out }),
    o.bias,
    o.activation,
    { float: o.alpha },
  ]);
  const rows = info.batchSize * info.outHeight;
  engine.run(JOB.labelConv, rows, rows * info.outWidth * info.outChannels * taps(info));
}

/** Filter gradient of the same. */
export function labelFilterGrad(
  engine: Engine,
  { info, ...o }: { info: tf.backend_util.Conv2DInfo; labels: number; dy: number; out: number },
): void {
  engine.write([...words(info, { labels: o.labels, filter: 0, pixels: o.dy }), 0, o.out]);
  const chunks = taps(info) * Math.ceil(info.outChannels / COLUMNS);
  const pixels = info.batchSize * info.outHeight * info.outWidth;
  engine.run(JOB.labelFilter, chunks, pixels * info.outChannels * taps(info));
}

/** Whether a convolution can read labels instead of maps. */
export function coversLabels(info: tf.backend_util.Conv2DInfo): boolean {
  // The pointers of all taps, or the sums of all classes, lie in a thread's scratch.
  return Math.max(4 * taps(info), 4 * COLUMNS * info.inChannels) <= THREAD_SCRATCH;
}

function taps(info: tf.backend_util.Conv2DInfo): number {
  return info.filterHeight * info.filterWidth;
}

function words(
  info: tf.backend_util.Conv2DInfo,
  { labels, filter, pixels }: { labels: number; filter: number; pixels: number },
): number[] {
  return [
    labels,
    filter,
    pixels,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outChannels,
    info.outHeight,
    info.outWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
    info.filterHeight,
    info.filterWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.batchSize,
  ];
}
