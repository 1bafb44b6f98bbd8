import type * as tf from "@tensorflow/tfjs";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import { JOB } from "../jobs.ts";
import type { Origin } from "../input_provenance.ts";

/** A map that a resize made, and a convolution of it. */
export interface EnlargedConv {
  info: tf.backend_util.Conv2DInfo;
  origin: Origin & { kind: "enlarged" };
  /** Address of the output or its gradient, and of the filter or its gradient. */
  pixels: number;
  filter: number;
}

/** How much larger than its origin, along each axis, a map must be to be worth the detour. */
const MIN_FACTOR = 8;

/** Whether a resize from `from` to `to` (height, width) makes a map whose origin is of use. */
export function isMuchEnlarged(from: [number, number], to: [number, number]): boolean {
  return to.every((length, axis) => length >= MIN_FACTOR * from[axis]!);
}

/** Whether the convolution can be computed on the small map. */
export function coversEnlarged(info: tf.backend_util.Conv2DInfo): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  // Each output row has at least as many pixels as R has for it, and all terms fit the scratch.
  return info.dilationHeight === 1 && info.dilationWidth === 1 &&
    filterHeight * strideHeight <= MIN_FACTOR && filterWidth * strideWidth <= MIN_FACTOR &&
    8 * Math.max(2 * filterHeight, info.outHeight) <= THREAD_SCRATCH;
}

/** Forward convolution with bias (0: none) and activation. */
export function enlargedConv(
  engine: Engine,
  o: EnlargedConv & { bias: number; activation: number; alpha: number },
): void {
  withParts(engine, o, (words, rows) => {
    const { info } = o;
    const { batchSize, outHeight, outWidth, outChannels, filterHeight } = info;
    engine.write([...words, o.bias, o.activation, { float: o.alpha }]);
    const outputs = batchSize * outHeight * outWidth * outChannels;
    engine.run(JOB.enlargedSpread, rows, outputs);
    engine.run(JOB.enlargedBlend, batchSize * outHeight, 4 * filterHeight * outputs);
  });
}

/** Filter gradient of the same. */
export function enlargedFilterGrad(engine: Engine, o: EnlargedConv): void {
  withParts(engine, o, (words, rows) => {
    const { filterHeight, filterWidth, outShape } = o.info;
    engine.write(words);
    const outputs = outShape.reduce((a, b) => a * b, 1);
    engine.run(JOB.enlargedGather, rows, 4 * filterHeight * outputs);
    engine.run(JOB.enlargedFilter, filterHeight * filterWidth, outputs);
  });
}

/** Runs `body` with the words of the kernels and the number of rows of all small maps. */
function withParts(
  engine: Engine,
  { info, origin, pixels, filter }: EnlargedConv,
  body: (words: number[], rows: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, outHeight, outWidth } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const { height, width } = origin;
  const rows = batchSize * height;
  const q = rows * width * filterHeight * filterWidth * outChannels * 4;
  const r = rows * filterHeight * outWidth * outChannels * 4;
  engine.withScratch(q + r, (base) => {
    const addresses = [origin.at, base, base + q, pixels, filter];
    const small = [batchSize, height, width, inHeight, inWidth, inChannels];
    const large = [outChannels, outHeight, outWidth, strideHeight, strideWidth];
    const taps = [padInfo.top, padInfo.left, filterHeight, filterWidth];
    body([...addresses, ...small, ...large, ...taps], rows);
  });
}
