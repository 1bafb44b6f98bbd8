import type * as tf from "@tensorflow/tfjs";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import type { Source } from "../tensor_caches.ts";
import { windowWords } from "../jobs.ts";

/** A map that a resize made, and a convolution of it. */
interface UpsampledConv {
  info: tf.backend_util.Conv2DInfo;
  source: Source & { kind: "upsampled" };
}

/** How much larger than its source, along each axis, a map must be for this to cost less. */
const MIN_FACTOR = 8;

/** Whether a resize from `from` to `to` (height, width) makes a map whose source is of use. */
export function isMuchUpsampled(from: [number, number], to: [number, number]): boolean {
  return to.every((length, axis) => length >= MIN_FACTOR * from[axis]!);
}

/** Whether the convolution can be computed on the small map. */
export function coversUpsampled(info: tf.backend_util.Conv2DInfo): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  // Each output row has at least as many pixels as R has for it, and all terms fit the scratch.
  return info.dilationHeight === 1 && info.dilationWidth === 1 &&
    filterHeight * strideHeight <= MIN_FACTOR && filterWidth * strideWidth <= MIN_FACTOR &&
    8 * Math.max(2 * filterHeight, info.outHeight) <= THREAD_SCRATCH;
}

/** Operands of {@linkcode upsampledConv}: addresses, and 0 where there is no bias. */
export interface UpsampledForward extends UpsampledConv {
  filter: number;
  out: number;
  bias: number;
  activation: number;
  alpha: number;
}

/** Forward convolution with bias and activation. */
export function upsampledConv(engine: Engine, o: UpsampledForward): void {
  const { info, filter, out, bias, activation, alpha } = o;
  withParts(engine, o, (parts) => {
    const words = { ...parts, filter, out, bias, activation, alpha };
    const rows = info.batchSize * info.outHeight;
    const outputs = rows * info.outWidth * info.outChannels;
    engine.run("upsampledProducts", words, { chunks: smallRows(o), flops: outputs });
    engine.run("upsampledConv", words, { chunks: rows, flops: 4 * info.filterHeight * outputs });
  });
}

/** Filter gradient of the same, to `out`. */
export function upsampledFilterGrad(
  engine: Engine,
  o: UpsampledConv & { dy: number; out: number },
): void {
  const { filterHeight, filterWidth, outShape } = o.info;
  withParts(engine, o, (parts) => {
    const words = { ...parts, dy: o.dy, dFilter: o.out };
    const outputs = outShape.reduce((a, b) => a * b, 1);
    const flops = 4 * filterHeight * outputs;
    engine.run("upsampledGather", words, { chunks: smallRows(o), flops });
    engine.run("upsampledFilterGrad", words, {
      chunks: filterHeight * filterWidth,
      flops: outputs,
    });
  });
}

/** Rows of all small maps. */
function smallRows({ info, source }: UpsampledConv): number {
  return info.batchSize * source.height;
}

/** The words that both directions share. */
type Parts =
  & Record<"small" | "products" | "rows" | "smallHeight" | "smallWidth", number>
  & ReturnType<typeof windowWords>;

/** Runs `body` with scratch for the products and the rows of them. */
function withParts(engine: Engine, o: UpsampledConv, body: (parts: Parts) => void): void {
  const { filterHeight, filterWidth, outChannels, outWidth } = o.info;
  const { at, height, width } = o.source;
  const q = smallRows(o) * width * filterHeight * filterWidth * outChannels * 4;
  const r = smallRows(o) * filterHeight * outWidth * outChannels * 4;
  engine.withScratch(q + r, (products) =>
    body({
      small: at,
      products,
      rows: products + q,
      smallHeight: height,
      smallWidth: width,
      ...windowWords(o.info),
    }));
}
