/**
 * The layers that networks are built from. A network is one generic function over a LayerBuilder, so
 * the same lines build the model that trains, the exported graph that plain TensorFlow.js loads, and
 * the table of shapes that `inspect` prints without allocating anything.
 *
 * @module
 */
import type { ConvolutionBuilder, ConvOptions } from "./convolutions.ts";
import { type LayerOptions, notImplemented } from "./layer_options.ts";
import type { AttentionLayers } from "./attention.ts";
import type { NormLayers } from "./norms.ts";
import type { ResizingLayers } from "./resizing.ts";

/** Options of a depthwise convolution: one kernel for each input channel. */
export type DepthwiseConvOptions = Omit<ConvOptions, "filters">;

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
export interface LayerBuilder<T>
  extends
    AttentionLayers<T>,
    ConvolutionBuilder<T>,
    NormLayers<T>,
    ResizingLayers<T>,
    UnsupportedLayers<T> {
  /** The network's input with this many channels, any height and width. */
  input(channels: number): T;
  maxPool(x: T, options: PoolOptions): T;
  activation(x: T, options: LayerOptions & { activation: Activation }): T;
  add(terms: [T, T], options: LayerOptions): T;
  /** Multiplies by a constant. */
  scale(x: T, options: LayerOptions & { factor: number }): T;
  dropout(x: T, options: LayerOptions & { rate: number }): T;
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
  };
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

/** `channels` times the width multiplier, rounded, at least 4 (1 is the paper's network). */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(4, Math.round(channels * width));
}
