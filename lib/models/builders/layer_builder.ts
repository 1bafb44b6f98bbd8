/**
 * The layers that networks are built from. A network is one generic function over a LayerBuilder, so
 * the same lines build the model that trains, the exported graph that plain TensorFlow.js loads, and
 * the table of shapes that `inspect` prints without allocating anything.
 *
 * @module
 */
import type { LayerOptions, WeightInit } from "./layer_options.ts";

/** Options of a convolution. */
export interface ConvOptions extends LayerOptions {
  filters: number;
  /** Side of the square kernel. */
  kernel: number;
  /** @default 1 */
  stride?: number;
  /**
   * `same` pads as TensorFlow does: the odd pixel goes to the bottom and the right. A number pads
   * that many zeros on all four sides, as PyTorch does; no builder implements it yet.
   *
   * @default "same"
   */
  padding?: "same" | "valid" | number;
  /** Distance of the kernel's taps; no builder implements any other than 1 yet. @default 1 */
  dilation?: number;
  /** Whether a bias is added; a batch norm that follows makes it useless. @default true */
  bias?: boolean;
  /** Whether a ReLU follows. @default false */
  relu?: boolean;
  /** Slope of the ReLU below zero, 0 ≤ leak < 1. @default 0 */
  leak?: number;
  /** Start of the kernel. @default heNormal */
  init?: WeightInit;
}

/** Options of a depthwise convolution: one kernel for each input channel. */
export type DepthwiseConvOptions = Omit<ConvOptions, "filters">;

/** Options of a transposed convolution, `same` padding (output = input · stride). */
export interface ConvTransposeOptions extends LayerOptions {
  filters: number;
  kernel: number;
  stride: number;
  /** @default false */
  bias?: boolean;
  /** Start of the kernel `[k, k, filters, c]`. @default bilinear */
  init?: WeightInit;
}

/** Options of batch normalisation. */
export interface BatchNormOptions extends LayerOptions {
  /** moving = momentum·moving + (1 − momentum)·batch. */
  momentum: number;
  eps: number;
  /** Whether a ReLU follows. */
  relu: boolean;
  /** Slope of the ReLU below zero, 0 ≤ leak < 1. @default 0 */
  leak?: number;
}

/** Options of max pooling. */
export interface PoolOptions extends LayerOptions {
  size: number;
  stride: number;
  padding: "same" | "valid";
}

/** An activation layer; all builders implement `relu`, none the others yet. */
export type Activation = "relu" | "relu6" | "sigmoid" | "hardSigmoid" | "hardSwish" | "swish";

/**
 * Constructors of layers over values of type `T`: symbolic tensors in the builders of models, shapes
 * in the builder of the table of layers. All values are `[b, h, w, c]`.
 */
export interface LayerBuilder<T> extends UnsupportedLayers<T> {
  /** The network's input with this many channels, any height and width. */
  input(channels: number): T;
  conv(x: T, options: ConvOptions): T;
  convTranspose(x: T, options: ConvTransposeOptions): T;
  batchNorm(x: T, options: BatchNormOptions): T;
  maxPool(x: T, options: PoolOptions): T;
  /** Adds `pad` zero pixels on all four sides. */
  zeroPad(x: T, options: LayerOptions & { pad: number }): T;
  /** Cuts `start` pixels from the top and the left, `end` from the bottom and the right. */
  crop(x: T, options: LayerOptions & { start: number; end: number }): T;
  activation(x: T, options: LayerOptions & { activation: Activation }): T;
  add(terms: [T, T], options: LayerOptions): T;
  /** Concatenates channels, in the order given. */
  concat(parts: readonly T[], options: LayerOptions): T;
  /** Multiplies by a constant. */
  scale(x: T, options: LayerOptions & { factor: number }): T;
  dropout(x: T, options: LayerOptions & { rate: number }): T;
  /** Bilinear enlargement by an even factor, half-pixel centres, edges clamped. */
  upsample(x: T, options: LayerOptions & { factor: number }): T;
  /** Softmax over channels. */
  softmax(x: T, options: LayerOptions): T;
}

/** Layers that networks to come need; every builder refuses them until it implements them. */
export interface UnsupportedLayers<T> {
  depthwiseConv(x: T, options: DepthwiseConvOptions): T;
  /** Multiplies two values; a side of length 1 is broadcast. */
  multiply(factors: [T, T], options: LayerOptions): T;
  /** Mean over height and width, `[b, 1, 1, c]`. */
  globalAveragePool(x: T, options: LayerOptions): T;
  /** Enlargement by a whole factor that repeats each pixel. */
  resizeNearest(x: T, options: LayerOptions & { factor: number }): T;
}

/** {@linkcode UnsupportedLayers} that throw, for a builder to spread and override one by one. */
export function unsupportedLayers<T>(builder: string): UnsupportedLayers<T> {
  const refuse = (layer: string) => (_: unknown, { name }: LayerOptions): never => {
    throw new RangeError(notImplemented(name, { what: layer, builder }));
  };
  return {
    depthwiseConv: refuse("depthwiseConv"),
    multiply: refuse("multiply"),
    globalAveragePool: refuse("globalAveragePool"),
    resizeNearest: refuse("resizeNearest"),
  };
}

/** A convolution's options as a builder that implements none of the optional ones takes them. */
export type BasicConvOptions = ConvOptions & { padding?: "same" | "valid" };

/**
 * Refuses what no builder's convolution implements yet.
 *
 * @throws {RangeError} For explicit padding or a dilation.
 */
export function basicConv(options: ConvOptions, builder: string): BasicConvOptions {
  const { name, padding, dilation = 1 } = options;
  const refuse = (what: string): never => {
    throw new RangeError(notImplemented(name, { what, builder }));
  };
  if (typeof padding === "number") return refuse(`conv with padding ${padding}`);
  if (dilation !== 1) refuse(`conv with dilation ${dilation}`);
  return options as BasicConvOptions;
}

/**
 * Refuses the activations that no builder implements yet.
 *
 * @throws {RangeError} For all but `relu`.
 */
export function requireRelu(
  { name, activation }: LayerOptions & { activation: Activation },
  builder: string,
): void {
  if (activation === "relu") return;
  throw new RangeError(notImplemented(name, { what: `activation ${activation}`, builder }));
}

function notImplemented(layer: string, missing: { what: string; builder: string }): string {
  const { what, builder } = missing;
  return `Cannot build layer ${layer}: the ${builder} builder has no ${what} yet; implement it there`;
}

/** `channels` times the width multiplier, rounded, at least 4 (1 is the paper's network). */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(4, Math.round(channels * width));
}
