/**
 * The vocabulary networks are written in. A network is one generic function over a builder, so the same
 * lines build the model that trains, the twin that stock TensorFlow.js can load, and the table of
 * shapes that `inspect` prints without allocating anything.
 *
 * @module
 */

/** How a weight starts. `heNormal`: N(0, 2 / fan-in); `bilinear`: diagonal upsampling kernel. */
export type WeightInit =
  | { kind: "zeros" }
  | { kind: "ones" }
  | { kind: "normal"; std: number }
  | { kind: "heNormal" }
  | { kind: "bilinear" };

/** One weight of a network. */
export interface WeightSpec {
  /** `layer/weight`, such as `block1_conv1/kernel`: the name in saved files. */
  name: string;
  shape: number[];
  init: WeightInit;
}

/** Options every layer has. */
export interface LayerOptions {
  /** Unique in the network; weights are named after it. */
  name: string;
}

/** Options of a convolution; it always has a bias. */
export interface ConvOptions extends LayerOptions {
  filters: number;
  /** Side of the square kernel. */
  kernel: number;
  /** @default 1 */
  stride?: number;
  /** `same` pads as TensorFlow does: the odd pixel goes to the bottom and the right. */
  padding?: "same" | "valid";
  /** Whether a ReLU follows. @default false */
  relu?: boolean;
  /** Slope of the ReLU below zero, 0 ≤ leak < 1. @default 0 */
  leak?: number;
  /** Start of the kernel. @default heNormal */
  init?: WeightInit;
}

/** Options of a transposed convolution without bias, `same` padding (output = input · stride). */
export interface ConvTransposeOptions extends LayerOptions {
  filters: number;
  kernel: number;
  stride: number;
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

/**
 * Constructors of layers over values of type `T`: symbolic tensors in the builders that build models,
 * shapes in the one that only looks. All values are `[b, h, w, c]`.
 */
export interface LayerBuilder<T> {
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
  relu(x: T, options: LayerOptions): T;
  leakyRelu(x: T, options: LayerOptions & { alpha: number }): T;
  add(terms: [T, T], options: LayerOptions): T;
  /** Multiplies by a constant. */
  scale(x: T, options: LayerOptions & { factor: number }): T;
  dropout(x: T, options: LayerOptions & { rate: number }): T;
  /** Bilinear enlargement by an even factor, half-pixel centres, edges clamped. */
  upsample(x: T, options: LayerOptions & { factor: number }): T;
  /** Softmax over channels. */
  softmax(x: T, options: LayerOptions): T;
}
