/**
 * Dilated convolution (à trous; Chen et al. 2017): its two gradients, which no backend of tfjs has,
 * and the choice of the taps that meet the input at all.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { depthwiseGradients } from "./depthwise_conv.ts";
import {
  DILATED_CONV_FILTER_GRAD,
  DILATED_CONV_INPUT_GRAD,
  type DilatedConvAttrs,
} from "./kernels.ts";
import { runTrainingKernel, type TrainingKernel } from "./training_kernel.ts";

type ExplicitPadding = tf.backend_util.ExplicitPadding;
type Shape4 = [number, number, number, number];
/** Zeros before and after the input along one axis. */
type Pair = [before: number, after: number];

/** The padding `[before, after]` of the rows, and of the columns where these differ. */
export function explicitPadding(rows: Pair, columns: Pair = rows): ExplicitPadding {
  return [[0, 0], rows, columns, [0, 0]];
}

/** Sizes of a convolution of stride 1. */
interface Sizes {
  x: tf.backend_util.Conv2DInfo;
  /** Along height and width. */
  axes: readonly [Axis, Axis];
}

interface Axis {
  length: number;
  out: number;
  taps: number;
  dilation: number;
  before: number;
}

function sizesOf(
  shapes: { x: number[]; filter: number[] },
  attrs: Pick<DilatedConvAttrs, "pad" | "dilations">,
): Sizes {
  const { pad, dilations } = attrs;
  const [x, filter] = [shapes.x as Shape4, shapes.filter as Shape4];
  // Of a number, tfjs takes no notice of the dilation
  const around = typeof pad === "number" ? explicitPadding([pad, pad]) : pad;
  const info = tf.backend_util.computeConv2DInfo(x, filter, 1, dilations, around);
  const height = {
    length: info.inHeight,
    out: info.outHeight,
    taps: info.filterHeight,
    dilation: info.dilationHeight,
    before: info.padInfo.top,
  };
  const width = {
    length: info.inWidth,
    out: info.outWidth,
    taps: info.filterWidth,
    dilation: info.dilationWidth,
    before: info.padInfo.left,
  };
  return { x: info, axes: [height, width] };
}

/**
 * The part of a dilated filter whose taps meet the input for at least one output pixel. With rate 36
 * a 3×3 filter on a 26×26 map is a 1×1 one. Differentiable in the filter.
 *
 * @returns The filter's part, owned by the caller, and the padding and dilation it is used with.
 */
export function liveTaps(
  inputs: { x: tf.Tensor4D; filter: tf.Tensor4D },
  options: { padding: "same" | "valid" | number; dilation: number },
): { filter: tf.Tensor4D; pad: ExplicitPadding; dilation: number } {
  const { x, filter } = inputs;
  const { padding, dilation } = options;
  const { axes } = sizesOf({ x: x.shape, filter: filter.shape }, {
    pad: padding,
    dilations: dilation,
  });
  const [rows, columns] = [liveRange(axes[0]), liveRange(axes[1])];
  const [, , channels, filters] = filter.shape;
  const part = tf.slice4d(filter, [rows.first, columns.first, 0, 0], [
    rows.count,
    columns.count,
    channels,
    filters,
  ]);
  const isPointwise = rows.count === 1 && columns.count === 1;
  return {
    filter: part,
    pad: explicitPadding(rows.pad, columns.pad),
    dilation: isPointwise ? 1 : dilation,
  };
}

/** Taps from `first` on, and the padding after which they read what they read in the whole filter. */
function liveRange(axis: Axis): { first: number; count: number; pad: Pair } {
  const { length, out, taps, dilation, before } = axis;
  const meets = (tap: number): boolean => {
    const at = tap * dilation - before;
    return at < length && at + out > 0;
  };
  const padOf = (first: number, count: number): Pair => {
    const start = before - first * dilation;
    return [start, (count - 1) * dilation + out - length - start];
  };
  const live = Array.from({ length: taps }, (_, tap) => tap).filter(meets);
  const [first = 0] = live;
  const pad = padOf(first, live.length);
  // A crop cannot be said as padding, and no live tap leaves no filter
  if (live.length === 0 || pad.some((count) => count < 0)) {
    return { first: 0, count: taps, pad: padOf(0, taps) };
  }
  return { first, count: live.length, pad };
}

type InputAttrs = DilatedConvAttrs & { inputShape: number[] };
type FilterAttrs = DilatedConvAttrs & { filterShape: number[] };

/** dx is the convolution of dy with the turned filter at the same dilation. */
const INPUT_GRADIENT: TrainingKernel<InputAttrs> = {
  name: DILATED_CONV_INPUT_GRAD,
  compose({ dy, filter }, attrs) {
    const { axes } = sizesOf({ x: attrs.inputShape, filter: filter!.shape }, attrs);
    const turned = tf.transpose(tf.reverse(filter!, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    const pads = axes.map(({ length, out, taps, dilation, before }): Pair => {
      const start = dilation * (taps - 1) - before;
      return [start, length + dilation * (taps - 1) - out - start];
    });
    const around = padOrCrop(dy as tf.Tensor4D, pads as [Pair, Pair]);
    const dilations = [axes[0].dilation, axes[1].dilation] as [number, number];
    return [tf.conv2d(around, turned, 1, "valid", "NHWC", dilations)];
  },
};

/** Zeros around a map; a negative count cuts pixels off. */
function padOrCrop(x: tf.Tensor4D, pads: [Pair, Pair]): tf.Tensor4D {
  const [rows, columns] = pads.map((pair) => pair.map((n) => Math.max(0, n)) as Pair);
  const padded = tf.pad(x, explicitPadding(rows!, columns));
  const cut = pads.map((pair) => pair.map((n) => Math.max(0, -n)) as Pair);
  const [b, h, w, c] = padded.shape;
  return tf.slice4d(padded, [0, cut[0]![0], cut[1]![0], 0], [
    b,
    h - cut[0]![0] - cut[0]![1],
    w - cut[1]![0] - cut[1]![1],
    c,
  ]);
}

/** Each tap's gradient is one product of the pixels under it and dy. */
const FILTER_GRADIENT: TrainingKernel<FilterAttrs> = {
  name: DILATED_CONV_FILTER_GRAD,
  compose({ x, dy }, attrs) {
    const { axes, x: info } = sizesOf({ x: x!.shape, filter: attrs.filterShape }, attrs);
    const [rows, columns] = axes;
    const pads = axes.map(({ length, out, taps, dilation, before }): Pair => [
      before,
      (taps - 1) * dilation + out - length - before,
    ]);
    const around = padOrCrop(x as tf.Tensor4D, pads as [Pair, Pair]);
    const { batchSize: b, inChannels: c, outChannels: n } = info;
    const pixels = b * rows.out * columns.out;
    const gradients = tf.reshape(dy!, [pixels, n]);
    const taps: tf.Tensor[] = [];
    for (let i = 0; i < rows.taps; i++) {
      for (let j = 0; j < columns.taps; j++) {
        const from = [0, i * rows.dilation, j * columns.dilation, 0] as Shape4;
        const under = tf.slice4d(around, from, [b, rows.out, columns.out, c]);
        taps.push(tf.matMul(tf.reshape(under, [pixels, c]), gradients, true));
      }
    }
    return [tf.reshape(tf.stack(taps), attrs.filterShape)];
  },
};

/** Attributes of a gradient that its callers choose. */
type Dilated = Pick<DilatedConvAttrs, "pad" | "dilations">;

function attrsOf({ pad, dilations }: Dilated): DilatedConvAttrs {
  return { strides: 1, pad, dilations, dataFormat: "NHWC" };
}

/**
 * Gradient of a dilated convolution of stride 1 with respect to its input.
 *
 * @returns `[b, h, w, c]`, owned by the caller.
 */
export function dilatedInputGradient(
  call: { dy: tf.Tensor; filter: tf.Tensor; inputShape: number[] },
  options: Dilated,
): tf.Tensor {
  const { dy, filter, inputShape } = call;
  const attrs = { ...attrsOf(options), inputShape };
  return runTrainingKernel(INPUT_GRADIENT, { dy, filter }, attrs)[0]!;
}

/**
 * Gradient of a dilated convolution of stride 1 with respect to its filter.
 *
 * @returns `[k, l, c, f]`, owned by the caller.
 */
export function dilatedFilterGradient(
  call: { x: tf.Tensor; dy: tf.Tensor; filterShape: number[] },
  options: Dilated,
): tf.Tensor {
  const { x, dy, filterShape } = call;
  const attrs = { ...attrsOf(options), filterShape };
  return runTrainingKernel(FILTER_GRADIENT, { x, dy }, attrs)[0]!;
}

type Gradient = NonNullable<ReturnType<typeof tf.getGradient>>;
type Gradients = (
  tensors: { x: tf.Tensor4D; filter: tf.Tensor4D; dy: tf.Tensor },
  attrs: DilatedConvAttrs,
) => Record<string, () => tf.Tensor>;

/** Gradients of tfjs's dilated convolutions, by kernel. */
const DILATED_GRADIENTS: Record<string, Gradients> = {
  Conv2D: ({ x, filter, dy }, { pad, dilations }) => ({
    x: () => dilatedInputGradient({ dy, filter, inputShape: x.shape }, { pad, dilations }),
    filter: () => dilatedFilterGradient({ x, dy, filterShape: filter.shape }, { pad, dilations }),
  }),
  DepthwiseConv2dNative: depthwiseGradients,
};

let users = 0;
let replaced: Gradient[] = [];

/**
 * Gives tfjs's `Conv2D` and `DepthwiseConv2dNative`, for all backends, a gradient where they are
 * dilated, in place of an error. A backend of the engine calls it when it starts, and
 * {@linkcode restoreConvGradients} when it ends.
 */
export function replaceConvGradients(): void {
  if (users++ > 0) return;
  for (const [kernelName, gradients] of Object.entries(DILATED_GRADIENTS)) {
    const original = tf.getGradient(kernelName);
    if (original == null) continue;
    replaced.push(original);
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      ...original,
      gradFunc: (dy, saved, attrs) => {
        const given = attrs as unknown as DilatedConvAttrs;
        const isDilated = [given.dilations ?? 1].flat().some((d) => d > 1);
        if (!isDilated || attrs.dataFormat === "NCHW") return original.gradFunc(dy, saved, attrs);
        const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
        return gradients({ x, filter, dy: dy as tf.Tensor }, given);
      },
    });
  }
}

/** Puts tfjs's own gradients back once no backend of the engine is left. */
export function restoreConvGradients(): void {
  if (users === 0 || --users > 0) return;
  for (const original of replaced) {
    tf.unregisterGradient(original.kernelName);
    tf.registerGradient(original);
  }
  replaced = [];
}
