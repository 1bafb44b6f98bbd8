import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { ACTIVATION, type ActivationCode } from "../jobs.ts";
import { gatherGemm, type Padding, type Tap, withPadded } from "./gather_gemm.ts";
import { coversLabels, labelConv } from "./labels.ts";
import { coversUpsampled, upsampledConv } from "./upsampled_conv.ts";
import { winogradConv } from "./winograd.ts";
import { chooseTiles, winogradForward } from "./winograd_shape.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** Up to this many input channels, the columns of a filter row are read as one run. */
export const RUN_CHANNELS = 24;

/** Conv2D. Returns `undefined` for a case that stays with the tfjs kernel. */
export function conv2d(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  return forward(engine, call, { activation: ACTIVATION.linear, alpha: 0 });
}

/** FusedConv2D: convolution, bias and activation in one pass over the output. */
export function fusedConv2d(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const { bias, preluActivationWeights } = call.inputs;
  if (preluActivationWeights) return undefined;
  if (bias && (bias.shape.length !== 1 || bias.dtype !== "float32")) return undefined;
  const activation = ACTIVATION[call.attrs.activation as keyof typeof ACTIVATION];
  if (activation !== undefined) {
    return forward(engine, call, { activation, alpha: call.attrs.leakyreluAlpha ?? 0 });
  }
  // The fused kernel of tfjs computes some of the others as linear: apply them as their own op.
  const kernelName = SEPARATE_ACTIVATIONS[call.attrs.activation];
  const apply = kernelName && tf.getKernel(kernelName, "wasm");
  const x = apply && forward(engine, call, { activation: ACTIVATION.linear, alpha: 0 });
  if (!apply || !x) return undefined;
  const result = apply.kernelFunc({ inputs: { x }, backend: call.backend, attrs: {} });
  call.backend.disposeData(x.dataId);
  return result as tf.TensorInfo;
}

const SEPARATE_ACTIVATIONS: Record<string, string> = { elu: "Elu", sigmoid: "Sigmoid" };

function forward(
  engine: Engine,
  call: KernelCall,
  { activation, alpha }: { activation: ActivationCode; alpha: number },
): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  const filter = call.inputs.filter!;
  const { strides, pad, dilations, dataFormat, dimRoundingMode } = call.attrs;
  if (dataFormat === "NCHW" || x.dtype !== "float32" || filter.dtype !== "float32") {
    return undefined;
  }
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  // Grouped convolutions stay with tfjs.
  if (filter.shape[2] !== info.inChannels) return undefined;
  const out = call.backend.makeOutput(info.outShape, "float32");
  const bias = call.inputs.bias ? engine.at(call.inputs.bias) : 0;
  const rest = { out: engine.at(out), bias, activation, alpha };
  if (!convOfSource(engine, { ...rest, info, x, filter })) {
    convolve(engine, info, { ...rest, x: engine.at(x), filter });
  }
  return out;
}

/** The convolution of what `x` was made from, where that is known and covered. */
function convOfSource(
  engine: Engine,
  o: Omit<Operands, "x"> & { info: tf.backend_util.Conv2DInfo; x: tf.TensorInfo },
): boolean {
  const source = engine.provenance.find(o.x);
  const operands = { ...o, filter: engine.at(o.filter) };
  if (source?.kind === "labels" && coversLabels(o.info)) {
    labelConv(engine, { ...operands, labels: source.at });
    return true;
  }
  if (source?.kind === "upsampled" && coversUpsampled(o.info)) {
    upsampledConv(engine, { ...operands, source });
    return true;
  }
  return false;
}

/** Addresses and epilogue of a forward convolution. */
interface Operands {
  x: number;
  filter: tf.TensorInfo;
  out: number;
  bias: number;
  activation: ActivationCode;
  alpha: number;
}

function convolve(engine: Engine, info: tf.backend_util.Conv2DInfo, o: Operands): void {
  const { filterHeight: kh, filterWidth: kw, inChannels: c } = info;
  const { top, left } = info.padInfo;
  const g = winogradForward(info);
  const tiles = g && chooseTiles(g);
  if (tiles) {
    winogradConv(engine, { ...o, g: tiles, transposed: false });
    return;
  }
  const common = {
    batch: info.batchSize,
    c,
    n: info.outChannels,
    out: o.out,
    outH: info.outHeight,
    outW: info.outWidth,
    outStride: [1, 1],
    stride: [info.strideHeight, info.strideWidth],
    filter: o.filter,
    cin: c,
    cout: info.outChannels,
    transposed: false,
    bias: o.bias,
    activation: o.activation,
    alpha: o.alpha,
  } as const;
  const phase = { oy: 0, ox: 0, oh: info.outHeight, ow: info.outWidth };

  if (c <= RUN_CHANNELS && kw > 1 && info.dilationWidth === 1) {
    const padding = inputPadding(info, o.x);
    withPadded(engine, padding, (x) =>
      gatherGemm(engine, {
        ...common,
        x,
        ih: padding.height,
        iw: padding.width,
        phases: [{ ...phase, run: kw, taps: rowTaps(info) }],
      }));
    return;
  }
  const taps: Tap[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      taps.push({
        dy: i * info.dilationHeight - top,
        dx: j * info.dilationWidth - left,
        index: i * kw + j,
        step: 0,
      });
    }
  }
  gatherGemm(engine, {
    ...common,
    x: o.x,
    ih: info.inHeight,
    iw: info.inWidth,
    phases: [{ ...phase, run: 1, taps }],
  });
}

/** One tap per filter row over an input that is padded already. */
export function rowTaps(info: tf.backend_util.Conv2DInfo): Tap[] {
  return Array.from({ length: info.filterHeight }, (_, i) => ({
    dy: i * info.dilationHeight,
    dx: 0,
    index: i * info.filterWidth,
    step: 1,
  }));
}

/** The padding after which every tap of `info` lies inside the input at address `x`. */
export function inputPadding(
  info: tf.backend_util.Conv2DInfo,
  x: number,
): Padding {
  return {
    x,
    batch: info.batchSize,
    h: info.inHeight,
    w: info.inWidth,
    c: info.inChannels,
    top: info.padInfo.top,
    left: info.padInfo.left,
    height: (info.outHeight - 1) * info.strideHeight +
      (info.filterHeight - 1) * info.dilationHeight + 1,
    width: (info.outWidth - 1) * info.strideWidth + info.filterWidth,
  };
}
