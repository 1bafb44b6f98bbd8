/**
 * Depthwise and separable convolutions, in the three builders.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  DepthwiseConv,
  type DepthwiseStarts,
  type DepthwiseWindow,
  type Initializer,
  SeparableConv,
} from "./depthwise_layers.ts";
import type { LayerOptions, WeightInit } from "./layer_options.ts";
import { type Shape, type ShapeTable, type WeightInfo, windowed } from "./shape_table.ts";
import { initializer, type WeightSource } from "./weight_source.ts";

type Symbolic = tf.SymbolicTensor;

/** Options of a depthwise convolution: kernels for each input channel. */
export interface DepthwiseConvOptions extends LayerOptions {
  /** Side of the square kernel. */
  kernel: number;
  /** @default 1 */
  stride?: number;
  /**
   * `same` pads as TensorFlow does: the odd pixel goes to the bottom and the right. A number pads
   * that many zeros on all four sides, as PyTorch does.
   *
   * @default "same"
   */
  padding?: "same" | "valid" | number;
  /** Distance of the kernel's taps; with a stride only 1. @default 1 */
  dilation?: number;
  /** Kernels, and so output channels, for each input channel. @default 1 */
  multiplier?: number;
  /** Whether a bias is added. @default true */
  bias?: boolean;
  /** Start of the kernel. @default normal, 2 / k² as its variance */
  init?: WeightInit;
}

/** Options of a separable convolution: a depthwise one, then a 1×1 one, nothing in between. */
export interface SeparableConvOptions
  extends Omit<DepthwiseConvOptions, "multiplier" | "stride" | "padding"> {
  filters: number;
}

/** Depthwise convolutions over `[b, h, w, c]`. */
export interface DepthwiseLayers<T> {
  /** Weights `depthwise_kernel [k, k, c, multiplier]`, `bias [c·multiplier]`. */
  depthwiseConv(x: T, options: DepthwiseConvOptions): T;
  /**
   * Of stride 1, `same` padding. Weights `depthwise_kernel [k, k, c, 1]`, `pointwise_kernel
   * [1, 1, c, filters]`, `bias [filters]`.
   */
  separableConv(x: T, options: SeparableConvOptions): T;
}

/** Their rows in the table of layers. */
export function depthwiseShape(table: ShapeTable): DepthwiseLayers<Shape> {
  const suffix = (dilation: number) => dilation > 1 ? `, dilation ${dilation}` : "";
  const biases = (layer: string, { bias, length }: { bias: boolean; length: number }) =>
    bias ? [weightInfo(`${layer}/bias`, [length], { kind: "zeros" })] : [];
  return {
    depthwiseConv(x, options) {
      const { name, kernel, stride, padding, dilation, multiplier, bias } = withDefaults(options);
      requireOneOf(options);
      const size = (kernel - 1) * dilation + 1;
      const output = windowed(x, { size, stride, padding });
      const channels = x.channels * multiplier;
      const kind = `depthwise conv ${kernel}×${kernel}${stride > 1 ? ` /${stride}` : ""}`;
      const weights = [
        weightInfo(
          `${name}/depthwise_kernel`,
          [kernel, kernel, x.channels, multiplier],
          kernelInit(options),
        ),
        ...biases(name, { bias, length: channels }),
      ];
      return table.record(kind + suffix(dilation), {
        name,
        output: { ...output, channels },
        weights,
      });
    },
    separableConv(x, options) {
      const { name, filters, kernel, dilation = 1, bias = true } = options;
      const weights = [
        weightInfo(
          `${name}/depthwise_kernel`,
          [kernel, kernel, x.channels, 1],
          kernelInit(options),
        ),
        weightInfo(`${name}/pointwise_kernel`, [1, 1, x.channels, filters], { kind: "heNormal" }),
        ...biases(name, { bias, length: filters }),
      ];
      const kind = `separable conv ${kernel}×${kernel}${suffix(dilation)}`;
      return table.record(kind, { name, output: { ...x, channels: filters }, weights });
    },
  };
}

/** The layers in a saved graph. */
export function depthwiseTfjs(source: WeightSource): DepthwiseLayers<Symbolic> {
  return {
    depthwiseConv(x, options) {
      const { name, kernel, stride, padding, dilation, multiplier, bias } = withDefaults(options);
      const { depthwise, zeros } = starts(source, options);
      // Of symmetric padding tfjs has none, and its layer ignores dilations: the kernel is spread
      const pad = typeof padding === "number" ? padding : 0;
      const padded = pad === 0 ? x : tf.layers.zeroPadding2d({
        name: `${name}_pad`,
        padding: [pad, pad],
      }).apply(x) as Symbolic;
      const depthwiseInitializer = tf.initializers.zeros();
      depthwiseInitializer.apply = (shape) =>
        tf.tidy(() => {
          const [, , c, m] = shape as [number, number, number, number];
          return spreadTaps(depthwise.apply([kernel, kernel, c, m]) as tf.Tensor4D, dilation);
        });
      const layer = tf.layers.depthwiseConv2d({
        name,
        kernelSize: (kernel - 1) * dilation + 1,
        strides: stride,
        padding: typeof padding === "number" ? "valid" : padding,
        depthMultiplier: multiplier,
        useBias: bias,
        depthwiseInitializer,
        biasInitializer: zeros,
      });
      return layer.apply(padded) as Symbolic;
    },
    separableConv(x, options) {
      const { name, filters, kernel, dilation = 1, bias = true } = options;
      const { depthwise, pointwise, zeros } = starts(source, options);
      const layer = tf.layers.separableConv2d({
        name,
        filters,
        kernelSize: kernel,
        dilationRate: dilation,
        padding: "same",
        useBias: bias,
        depthwiseInitializer: depthwise,
        biasInitializer: zeros,
      });
      // tfjs takes the depthwise kernel's initializer for both
      Object.assign(layer, { pointwiseInitializer: pointwise });
      return layer.apply(x) as Symbolic;
    },
  };
}

/** The layers of the model that trains. */
export function depthwiseTraining(source: WeightSource): DepthwiseLayers<Symbolic> {
  return {
    depthwiseConv(x, options) {
      requireOneOf(options);
      return new DepthwiseConv(withDefaults(options), starts(source, options)).apply(x) as Symbolic;
    },
    separableConv(x, options) {
      const all = { ...withDefaults(options), filters: options.filters };
      return new SeparableConv(all, starts(source, options)).apply(x) as Symbolic;
    },
  };
}

/**
 * The kernel `[K, K, c, m]`, K = (k − 1)·dilation + 1, whose undilated convolution is the dilated one of
 * `kernel [k, k, c, m]`: zeros between the taps.
 */
function spreadTaps(kernel: tf.Tensor4D, dilation: number): tf.Tensor4D {
  if (dilation === 1) return kernel.clone();
  const [k, , c, m] = kernel.shape;
  const gaps: [number, number][] = [[0, 0], [0, dilation - 1], [0, 0], [0, dilation - 1], [0, 0]];
  const spread = tf.pad(tf.reshape(kernel, [k, 1, k, 1, c * m]), gaps);
  const side = (k - 1) * dilation + 1;
  const whole = tf.reshape(spread, [k * dilation, k * dilation, c, m]);
  return tf.slice(whole, [0, 0, 0, 0], [side, side, c, m]) as tf.Tensor4D;
}

function withDefaults(options: DepthwiseConvOptions): DepthwiseWindow & { multiplier: number } {
  const { init: _, ...given } = options;
  return { stride: 1, padding: "same", dilation: 1, multiplier: 1, bias: true, ...given };
}

/** @throws {RangeError} If stride and dilation both exceed 1. */
function requireOneOf({ name, stride = 1, dilation = 1 }: DepthwiseConvOptions): void {
  if (stride === 1 || dilation === 1) return;
  throw new RangeError(
    `Cannot build layer ${name} with stride ${stride} and dilation ${dilation}: one must be 1`,
  );
}

/** Each output adds k² products, whatever the number of channels. */
function kernelInit({ kernel, init }: DepthwiseConvOptions): WeightInit {
  return init ?? { kind: "normal", std: Math.sqrt(2) / kernel };
}

function weightInfo(name: string, shape: number[], init: WeightInit): WeightInfo {
  return { name, shape, init, trainable: true };
}

function starts(source: WeightSource, options: DepthwiseConvOptions): DepthwiseStarts {
  const { name } = options;
  const start = (part: string, init: WeightInit): Initializer =>
    initializer(source, { name: `${name}/${part}`, init });
  return {
    depthwise: start("depthwise_kernel", kernelInit(options)),
    pointwise: start("pointwise_kernel", { kind: "heNormal" }),
    zeros: start("bias", { kind: "zeros" }),
  };
}
