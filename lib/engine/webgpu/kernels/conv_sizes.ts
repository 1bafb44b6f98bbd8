/**
 * Attributes and sizes of convolutions, for the forward kernel and both gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Attributes of tfjs's convolution kernels. */
export interface ConvAttrs {
  strides: number | [number, number];
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dataFormat: "NHWC" | "NCHW";
  dilations?: number | [number, number];
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Sizes of a convolution `x [b,h,w,c] → y [b,oh,ow,n]`, filter `[kh,kw,c,n]`. */
export interface ConvSizes {
  b: number;
  h: number;
  w: number;
  c: number;
  oh: number;
  ow: number;
  n: number;
  kh: number;
  kw: number;
  strideY: number;
  strideX: number;
  dilationY: number;
  dilationX: number;
  top: number;
  left: number;
}

/** Sizes of a convolution from tfjs's attributes; NHWC only. */
export function convSizes(
  xShape: number[],
  filterShape: number[],
  attrs: ConvAttrs,
): ConvSizes {
  const info = tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  return {
    b: info.batchSize,
    h: info.inHeight,
    w: info.inWidth,
    c: info.inChannels,
    oh: info.outHeight,
    ow: info.outWidth,
    n: info.outChannels,
    kh: info.filterHeight,
    kw: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/** Whether the operation is a plain product of pixels and filter. */
export function isPointwise(s: ConvSizes): boolean {
  return s.kh * s.kw * s.strideY * s.strideX === 1 && s.top === 0 && s.left === 0 &&
    s.oh === s.h && s.ow === s.w;
}

/** Key of the kernel that convolutions of equal filter size, stride and dilation share. */
export function convKey(s: ConvSizes): string {
  return [s.kh, s.kw, s.strideY, s.strideX, s.dilationY, s.dilationX].join();
}
