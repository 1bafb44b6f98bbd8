import * as tf from "@tensorflow/tfjs";
import { inputPadding, rowTaps, RUN_CHANNELS } from "./conv_forward.ts";
import type { Engine } from "../engine.ts";
import type { Tap } from "./gather_gemm.ts";
import { JOB } from "../jobs.ts";
import { SUBS_AT } from "../layout.ts";
import { filterGradOfOrigin } from "./conv_of_provenance.ts";
import { withPadded } from "./pad.ts";
import { winogradFilterGrad } from "./winograd.ts";
import { chooseTiles, winogradForward } from "./winograd_shape.ts";
import type { KernelCall } from "../tfjs_members.ts";

const PANEL = 16;
const MIN_SLICE_PIXELS = 256;
const MAX_PARTIAL_BYTES = 16 << 20;

/** Conv2DBackpropFilter, which the stock backend lacks. */
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
    1,
    pad,
    dimRoundingMode,
  );
  const out = call.backend.makeOutput(info.filterShape, "float32");
  const operands = { dy: engine.at(dy), out: engine.at(out) };
  if (filterGradOfOrigin(engine, { ...operands, info, x })) return out;
  const g = winogradForward(info);
  const tiles = g && chooseTiles(g);
  if (tiles) {
    winogradFilterGrad(engine, { g: tiles, ...operands, x: engine.at(x) });
    return out;
  }
  if (info.inChannels <= RUN_CHANNELS && info.filterWidth > 1) {
    const padding = inputPadding(info, engine.at(x));
    withPadded(engine, {
      ...padding,
      use: (padded) =>
        accumulate(engine, info, {
          ...operands,
          x: padded,
          ih: padding.height,
          iw: padding.width,
          taps: rowTaps(info),
          k: info.inChannels * info.filterWidth,
        }),
    });
    return out;
  }
  const taps: Tap[] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      taps.push({ dy: i - info.padInfo.top, dx: j - info.padInfo.left, index: 0, step: 0 });
    }
  }
  accumulate(engine, info, {
    ...operands,
    x: engine.at(x),
    ih: info.inHeight,
    iw: info.inWidth,
    taps,
    k: info.inChannels,
  });
  return out;
}

interface Operands {
  x: number;
  ih: number;
  iw: number;
  taps: Tap[];
  /** Input values that a tap reads for one pixel. */
  k: number;
  dy: number;
  out: number;
}

function accumulate(engine: Engine, info: tf.backend_util.Conv2DInfo, o: Operands): void {
  const n = info.outChannels;
  const ld = Math.ceil(n / 4) * 4;
  const rows = o.taps.length * o.k;
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
    engine.write([
      o.x,
      o.ih,
      o.iw,
      info.inChannels,
      o.k,
      info.batchSize,
      o.dy,
      info.outHeight,
      info.outWidth,
      n,
      ld,
      info.strideHeight,
      info.strideWidth,
      o.taps.length,
      engine.params + SUBS_AT,
      to,
      slices,
      slicePixels,
      groups,
      groupPanels,
    ]);
    engine.write(o.taps.flatMap((t) => [t.dy, t.dx, t.index, t.step]), SUBS_AT);
    engine.run(JOB.filter, slices * o.taps.length * groups, 2 * pixels * rows * n);
  };
  if (slices === 1 && ld === n) {
    job(o.out);
    return;
  }
  engine.withScratch(partial * slices, (to) => {
    job(to);
    const perChunk = Math.max(1, Math.ceil(16384 / ld));
    engine.write([to, o.out, rows, n, ld, slices, perChunk]);
    engine.run(JOB.reduce, Math.ceil(rows / perChunk), rows * ld * slices);
  });
}
