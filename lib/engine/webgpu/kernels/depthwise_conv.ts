/**
 * Depthwise convolution with stride, dilation and multiplier, and its gradient at the input.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { DEPTHWISE_INPUT_GRAD } from "../../ops/depthwise_conv.ts";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, type KernelCall, sizeOf, tfjsKernel } from "./kernel.ts";

/** Attributes of tfjs's depthwise kernels, as far as they are used here. */
export interface DepthwiseAttrs {
  strides: number | [number, number];
  pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  dilations?: number | [number, number] | null;
  dimRoundingMode?: "floor" | "round" | "ceil";
  dataFormat?: string;
  activation?: string;
}

/** Sizes of a depthwise convolution. */
export type DepthwiseInfo = tf.backend_util.Conv2DInfo;

/** Sizes of a depthwise convolution of `x [b,h,w,c]` by `filter [k,k,c,m]`. */
export function depthwiseInfo(
  x: number[],
  filter: number[],
  { strides, pad, dilations, dimRoundingMode }: DepthwiseAttrs,
): DepthwiseInfo {
  type Four = [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(
    x as Four,
    filter as Four,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
}

/** Names of the sizes in WGSL; channels in vectors of `lanes`. */
export const DEPTHWISE_UNIFORMS: WgslKernel["uniforms"] = [
  "count",
  ...["h", "w", "c", "oh", "ow", "top", "left"],
].map((name) => [name, "i32"]);

/** Values of {@linkcode DEPTHWISE_UNIFORMS}. */
export function depthwiseUniforms(info: DepthwiseInfo, lanes: number, count: number): number[] {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  const sizes = [inHeight, inWidth, inChannels / lanes, outHeight, outWidth];
  return [count, ...sizes, padInfo.top, padInfo.left];
}

/** Vectors of four where each channel has one kernel and channels allow it. */
export function depthwiseLanes({ inChannels, outChannels }: DepthwiseInfo): 1 | 4 {
  return inChannels === outChannels && inChannels % 4 === 0 ? 4 : 1;
}

/** Identifies the WGSL of a kernel by what is written into it. */
export function depthwiseKey(name: string, info: DepthwiseInfo, lanes: number): string {
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { dilationHeight, dilationWidth, inChannels, outChannels } = info;
  const window = [filterHeight, filterWidth, strideHeight, strideWidth];
  return [name, ...window, dilationHeight, dilationWidth, outChannels / inChannels, lanes].join(
    "/",
  );
}

/** ReLUs that a launch can include. */
const ENDS: Record<string, (value: string, type: string) => string> = {
  linear: (value) => value,
  relu: (value, type) => `max(${value}, ${type}())`,
  relu6: (value, type) => `clamp(${value}, ${type}(), ${type}(6.0))`,
};

function forwardKernel(
  info: DepthwiseInfo,
  { lanes, bias, activation }: { lanes: 1 | 4; bias: boolean; activation: string },
): WgslKernel {
  const type = lanes === 4 ? "vec4<f32>" : "f32";
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  const { dilationHeight: dy, dilationWidth: dx } = info;
  const m = info.outChannels / info.inChannels;
  return {
    key: `${depthwiseKey("depthwise", info, lanes)}/${bias}/${activation}`,
    uniforms: DEPTHWISE_UNIFORMS,
    reads: [
      ["x", type],
      ["filters", type],
      ...(bias ? [["bias", type] as [string, typeof type]] : []),
    ],
    writes: [["y", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = i32((wid.y * grid.x + wid.x) * ${THREADS}u + lid);
  if (i >= u.count) { return; }
  let outs = u.c * ${m};
  let ch = i % outs;
  let startX = (i / outs) % u.ow * ${sx} - u.left;
  let startY = (i / (outs * u.ow)) % u.oh * ${sy} - u.top;
  let image = i / (outs * u.ow * u.oh);
  var total = ${bias ? load("bias", "ch") : `${type}()`};
  for (var a = 0; a < ${kh}; a++) {
    let iy = startY + a * ${dy};
    if (iy < 0 || iy >= u.h) { continue; }
    for (var b = 0; b < ${kw}; b++) {
      let ix = startX + b * ${dx};
      if (ix < 0 || ix >= u.w) { continue; }
      total += ${load("x", `((image * u.h + iy) * u.w + ix) * u.c + ch / ${m}`)} * ${
        load("filters", `(a * ${kw} + b) * outs + ch`)
      };
    }
  }
  ${store("y", "i", ENDS[activation]!("total", type))}`,
    }),
  };
}

function forward(call: KernelCall<DepthwiseAttrs>, name: string): tf.TensorInfo | tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const { x, filter, bias } = inputs;
  const { activation = "linear", dataFormat = "NHWC" } = attrs;
  if (!(activation in ENDS) || dataFormat !== "NHWC") return tfjsKernel<DepthwiseAttrs>(name)(call);
  const info = depthwiseInfo(x!.shape, filter!.shape, attrs);
  const lanes = depthwiseLanes(info);
  const y = newActivation(backend, info.outShape);
  const count = sizeOf(y) / lanes;
  dispatch(backend, forwardKernel(info, { lanes, bias: bias !== undefined, activation }), {
    uniforms: depthwiseUniforms(info, lanes, count),
    reads: bias === undefined ? [x!, filter!] : [x!, filter!, bias],
    writes: [y],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return y;
}

/** y [b,h',w',c·m]. */
export const depthwiseConv2d: Kernel<DepthwiseAttrs> = {
  name: "DepthwiseConv2dNative",
  run: (call) => forward(call, "DepthwiseConv2dNative"),
};

/** The same with bias and activation; activations other than the ReLUs go to tfjs's kernel. */
export const fusedDepthwiseConv2d: Kernel<DepthwiseAttrs> = {
  name: "FusedDepthwiseConv2D",
  run: (call) => forward(call, "FusedDepthwiseConv2D"),
};

function inputKernel(info: DepthwiseInfo, lanes: 1 | 4): WgslKernel {
  const type = lanes === 4 ? "vec4<f32>" : "f32";
  const { filterHeight: kh, filterWidth: kw, strideHeight: sy, strideWidth: sx } = info;
  const { dilationHeight: dy, dilationWidth: dx } = info;
  const m = info.outChannels / info.inChannels;
  return {
    key: depthwiseKey(DEPTHWISE_INPUT_GRAD, info, lanes),
    uniforms: DEPTHWISE_UNIFORMS,
    reads: [["dy", type], ["filters", type]],
    writes: [["dx", type]],
    wgsl: ({ load, store }) => ({
      main: `
  let i = i32((wid.y * grid.x + wid.x) * ${THREADS}u + lid);
  if (i >= u.count) { return; }
  let ch = i % u.c;
  let fromX = (i / u.c) % u.w + u.left;
  let fromY = (i / (u.c * u.w)) % u.h + u.top;
  let image = i / (u.c * u.w * u.h);
  var total = ${type}();
  for (var a = 0; a < ${kh}; a++) {
    let y = fromY - a * ${dy};
    if (y < 0 || y % ${sy} != 0 || y / ${sy} >= u.oh) { continue; }
    for (var b = 0; b < ${kw}; b++) {
      let x = fromX - b * ${dx};
      if (x < 0 || x % ${sx} != 0 || x / ${sx} >= u.ow) { continue; }
      let source = (((image * u.oh + y / ${sy}) * u.ow + x / ${sx}) * u.c + ch) * ${m};
      let tap = ((a * ${kw} + b) * u.c + ch) * ${m};
      for (var k = 0; k < ${m}; k++) {
        total += ${load("dy", "source + k")} * ${load("filters", "tap + k")};
      }
    }
  }
  ${store("dx", "i", "total")}`,
    }),
  };
}

/** dx [b,h,w,c], as a gather: each pixel adds the outputs that it has a part in. */
function inputGradient(
  { inputs, attrs, backend }: KernelCall<DepthwiseAttrs & { inputShape: number[] }>,
): tf.TensorInfo {
  const { dy, filter } = inputs;
  const info = depthwiseInfo(attrs.inputShape, filter!.shape, attrs);
  const lanes = depthwiseLanes(info);
  const dx = newActivation(backend, info.inShape);
  const count = sizeOf(dx) / lanes;
  dispatch(backend, inputKernel(info, lanes), {
    uniforms: depthwiseUniforms(info, lanes, count),
    reads: [dy!, filter!],
    writes: [dx],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return dx;
}

/** Under tfjs's name and under the engine's, which knows dilations. */
export const depthwiseInputGrads: Kernel<DepthwiseAttrs & { inputShape: number[] }>[] = [
  { name: "DepthwiseConv2dNativeBackpropInput", run: inputGradient },
  { name: DEPTHWISE_INPUT_GRAD, run: inputGradient },
];
