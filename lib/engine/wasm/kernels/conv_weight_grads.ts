import * as tf from "@tensorflow/tfjs";
import { rowBlocks } from "./batch_norm.ts";
import { inputPadding, rowTaps, RUN_CHANNELS } from "./conv_forward.ts";
import type { Engine } from "../engine.ts";
import { type Tap, withPadded } from "./gather_gemm.ts";
import { coversLabels, labelFilterGrad } from "./labels.ts";
import { coversUpsampled, upsampledFilterGrad } from "./upsampled_conv.ts";
import { winogradFilterGrad } from "./winograd.ts";
import { chooseTiles, winogradForward } from "./winograd_shape.ts";
import type { KernelCall } from "../tfjs_backend.ts";

const PANEL = 16;
const MIN_SLICE_PIXELS = 256;
const MAX_PARTIAL_BYTES = 16 << 20;

/** Conv2DBackpropFilter and the same of a dilated convolution, which the tfjs backend lacks. */
export function conv2dFilterGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const x = call.inputs.x!;
  const dy = call.inputs.dy!;
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = call.attrs;
  if (dataFormat === "NCHW") {
    throw new Error("cannot compute the filter gradient of a NCHW convolution; use NHWC");
  }
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filterShape,
    strides,
    call.attrs.dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  const out = call.backend.makeOutput(info.filterShape, "float32");
  const operands = { dy: engine.at(dy), out: engine.at(out) };
  if (filterGradOfSource(engine, { ...operands, info, x })) return out;
  const g = winogradForward(info);
  const tiles = g && chooseTiles(g);
  if (tiles) {
    winogradFilterGrad(engine, { g: tiles, ...operands, x: engine.at(x) });
    return out;
  }
  if (info.inChannels <= RUN_CHANNELS && info.filterWidth > 1 && info.dilationWidth === 1) {
    const padding = inputPadding(info, engine.at(x));
    withPadded(engine, padding, (padded) =>
      accumulate(engine, info, {
        ...operands,
        x: padded,
        ih: padding.height,
        iw: padding.width,
        taps: rowTaps(info),
        depth: info.inChannels * info.filterWidth,
      }));
    return out;
  }
  const taps: Tap[] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      taps.push({
        dy: i * info.dilationHeight - info.padInfo.top,
        dx: j * info.dilationWidth - info.padInfo.left,
        index: 0,
        step: 0,
      });
    }
  }
  accumulate(engine, info, {
    ...operands,
    x: engine.at(x),
    ih: info.inHeight,
    iw: info.inWidth,
    taps,
    depth: info.inChannels,
  });
  return out;
}

/** The filter gradient from what `x` was made from, where that is known and covered. */
function filterGradOfSource(
  engine: Engine,
  o: { info: tf.backend_util.Conv2DInfo; x: tf.TensorInfo; dy: number; out: number },
): boolean {
  const source = engine.provenance.find(o.x);
  if (source?.kind === "labels" && coversLabels(o.info)) {
    labelFilterGrad(engine, { ...o, labels: source.at });
    return true;
  }
  if (source?.kind === "upsampled" && coversUpsampled(o.info)) {
    upsampledFilterGrad(engine, { ...o, source });
    return true;
  }
  return false;
}

interface Operands {
  x: number;
  ih: number;
  iw: number;
  taps: Tap[];
  /** Input values that a tap reads for one pixel. */
  depth: number;
  dy: number;
  out: number;
}

function accumulate(engine: Engine, info: tf.backend_util.Conv2DInfo, o: Operands): void {
  const n = info.outChannels;
  const ld = Math.ceil(n / 4) * 4;
  const rows = o.taps.length * o.depth;
  const pixels = info.batchSize * info.outHeight * info.outWidth;
  const panels = Math.ceil(n / PANEL);
  const groupPanels = Math.min(panels, 8);
  const groups = Math.ceil(panels / groupPanels);
  // As many slices of the pixels as give enough chunks; a function of the shape alone.
  const partial = rows * ld * 4;
  const slices = Math.max(
    1,
    Math.min(
      Math.ceil(32 / (o.taps.length * groups)),
      Math.floor(pixels / MIN_SLICE_PIXELS),
      Math.floor(MAX_PARTIAL_BYTES / partial),
    ),
  );
  const slicePixels = Math.ceil(pixels / slices);

  const job = (to: number): void => {
    engine.run("filterGrad", {
      x: o.x,
      dy: o.dy,
      out: to,
      batch: info.batchSize,
      inHeight: o.ih,
      inWidth: o.iw,
      channels: info.inChannels,
      depth: o.depth,
      outHeight: info.outHeight,
      outWidth: info.outWidth,
      outChannels: n,
      outStride: ld,
      strideY: info.strideHeight,
      strideX: info.strideWidth,
      slicePixels,
      groups,
      groupPanels,
      taps: o.taps,
    }, { chunks: slices * o.taps.length * groups, flops: 2 * pixels * rows * n });
  };
  if (slices === 1 && ld === n) {
    job(o.out);
    return;
  }
  engine.withScratch(partial * slices, (to) => {
    job(to);
    const rowsPerChunk = Math.max(1, Math.ceil(16384 / ld));
    engine.run("sumSlices", {
      slices: to,
      out: o.out,
      rows,
      columns: n,
      stride: ld,
      count: slices,
      rowsPerChunk,
    }, { chunks: Math.ceil(rows / rowsPerChunk), flops: rows * ld * slices });
  });
}

/** Gradient of a bias: the sum of dy over all but the channels. */
export function biasGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  return sumRows(engine, call)[0]!;
}

/** Gradient of a bias and a ReLU behind it, leaky or not: masked dy, and its sum. */
export function biasReluGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const masked = call.backend.makeOutput(call.inputs.dy!.shape, "float32");
  return [masked, ...sumRows(engine, call, masked)];
}

function sumRows(engine: Engine, call: KernelCall, masked?: tf.TensorInfo): tf.TensorInfo[] {
  const dy = call.inputs.dy!;
  const { rows, channels, rowsPerBlock, blocks } = rowBlocks(dy);
  const out = call.backend.makeOutput([channels], "float32");
  engine.withScratch(blocks * channels * 4, (partials) => {
    engine.run("biasGrad", {
      dy: engine.at(dy),
      y: masked ? engine.at(call.inputs.y!) : 0,
      masked: masked ? engine.at(masked) : 0,
      partials,
      ...{ rows, channels, rowsPerBlock },
      leak: call.attrs?.alpha ?? 0,
    }, { chunks: blocks, flops: rows * channels * 4 });
    engine.run("sumSlices", {
      slices: partials,
      out: engine.at(out),
      rows: 1,
      columns: channels,
      stride: channels,
      count: blocks,
      rowsPerChunk: 1,
    }, { chunks: 1, flops: blocks * channels });
  });
  return [out];
}
