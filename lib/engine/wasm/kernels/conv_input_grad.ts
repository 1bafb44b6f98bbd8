import * as tf from "@tensorflow/tfjs";
import { RUN_CHANNELS } from "./conv_forward.ts";
import type { Engine } from "../engine.ts";
import { ACTIVATION } from "../jobs.ts";
import { gatherGemm, type Phase, type Tap, withPadded } from "./gather_gemm.ts";
import { winogradConv } from "./winograd.ts";
import { chooseTiles, winogradBackward } from "./winograd_shape.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/**
 * Conv2DBackpropInput and the same of a dilated convolution (attribute `dilations`), and with it the transposed convolution. A stride of s makes s² phases, each
 * a stride-1 convolution of dy with the taps that fall on its pixels: no zero is multiplied.
 */
export function conv2dInputGrad(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const dy = call.inputs.dy!;
  const filter = call.inputs.filter!;
  const { strides, pad, dataFormat, dimRoundingMode, inputShape } = call.attrs;
  if (dataFormat === "NCHW" || dy.dtype !== "float32" || filter.dtype !== "float32") {
    return undefined;
  }
  const info = tf.backend_util.computeConv2DInfo(
    inputShape,
    filter.shape as [number, number, number, number],
    strides,
    call.attrs.dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  const out = call.backend.makeOutput(info.inShape, "float32");
  const c = info.outChannels;
  const g = winogradBackward(info);
  const tiles = g && chooseTiles(g);
  if (tiles) {
    winogradConv(engine, {
      g: tiles,
      x: engine.at(dy),
      out: engine.at(out),
      filter,
      transposed: true,
      bias: 0,
      activation: ACTIVATION.linear,
      alpha: 0,
    });
    return out;
  }
  const asRuns = c <= RUN_CHANNELS && info.filterWidth > info.strideWidth &&
    info.dilationWidth === 1;
  const phases = makePhases(info, asRuns);
  const common = {
    batch: info.batchSize,
    c,
    n: info.inChannels,
    out: engine.at(out),
    outH: info.inHeight,
    outW: info.inWidth,
    outStride: [info.strideHeight, info.strideWidth],
    stride: [1, 1],
    filter,
    cin: info.inChannels,
    cout: c,
    transposed: true,
    bias: 0,
    activation: ACTIVATION.linear,
    alpha: 0,
  } as const;
  const x = engine.at(dy);
  if (!asRuns) {
    gatherGemm(engine, { ...common, x, ih: info.outHeight, iw: info.outWidth, phases });
    return out;
  }
  const { top, left, height, width } = bounds(phases);
  for (const { taps } of phases) {
    for (const tap of taps) {
      tap.dy += top;
      tap.dx += left;
    }
  }
  const padding = { x, batch: info.batchSize, h: info.outHeight, w: info.outWidth, c };
  withPadded(
    engine,
    { ...padding, top, left, height, width },
    (padded) => gatherGemm(engine, { ...common, x: padded, ih: height, iw: width, phases }),
  );
  return out;
}

/** The phases of the input grid; with `asRuns` the taps of one filter row are one tap. */
function makePhases(info: tf.backend_util.Conv2DInfo, asRuns: boolean): Phase[] {
  const phases: Phase[] = [];
  const down = {
    stride: info.strideHeight,
    pad: info.padInfo.top,
    size: info.filterHeight,
    dilation: info.dilationHeight,
  };
  const across = {
    stride: info.strideWidth,
    pad: info.padInfo.left,
    size: info.filterWidth,
    dilation: info.dilationWidth,
  };
  for (let oy = 0; oy < Math.min(info.strideHeight, info.inHeight); oy++) {
    const rows = axisTaps(oy, down);
    for (let ox = 0; ox < Math.min(info.strideWidth, info.inWidth); ox++) {
      const columns = axisTaps(ox, across);
      const taps: Tap[] = [];
      for (const row of rows) {
        // Ascending offsets, so that a run is contiguous in dy; filter positions then descend.
        for (const column of asRuns ? columns.slice(0, 1) : columns) {
          taps.push({
            dy: row.offset,
            dx: column.offset,
            index: row.index * info.filterWidth + column.index,
            step: -info.strideWidth,
          });
        }
      }
      phases.push({
        oy,
        ox,
        oh: Math.ceil((info.inHeight - oy) / info.strideHeight),
        ow: Math.ceil((info.inWidth - ox) / info.strideWidth),
        taps,
        run: asRuns ? Math.max(1, columns.length) : 1,
      });
    }
  }
  return phases;
}

/** Filter positions that meet residue `phase` along one axis, by ascending offset into dy. */
function axisTaps(
  phase: number,
  axis: { stride: number; pad: number; size: number; dilation: number },
): { index: number; offset: number }[] {
  const { stride, pad, size, dilation } = axis;
  const taps: { index: number; offset: number }[] = [];
  for (let index = size - 1; index >= 0; index--) {
    const distance = phase + pad - index * dilation;
    if (distance % stride === 0) taps.push({ index, offset: distance / stride });
  }
  return taps;
}

/** Padding of dy that puts every run of every phase inside. */
function bounds(
  phases: Phase[],
): { top: number; left: number; height: number; width: number } {
  let minY = 0, minX = 0, maxY = 0, maxX = 0;
  for (const phase of phases) {
    for (const { dy, dx } of phase.taps) {
      minY = Math.min(minY, dy);
      minX = Math.min(minX, dx);
      maxY = Math.max(maxY, phase.oh - 1 + dy);
      maxX = Math.max(maxX, phase.ow - 1 + dx + phase.run - 1);
    }
  }
  return { top: -minY, left: -minX, height: maxY - minY + 1, width: maxX - minX + 1 };
}
