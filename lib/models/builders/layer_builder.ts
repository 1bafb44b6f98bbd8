/**
 * The layers that networks are built from. A network is one generic function over a LayerBuilder, so
 * the same lines build the model that trains, the exported graph that plain TensorFlow.js loads, and
 * the table of shapes that `inspect` prints without allocating anything.
 *
 * @module
 */
import type { AdaptivePoolLayers } from "./adaptive_pool.ts";
import type { AttentionLayers } from "./attention.ts";
import type { AuxiliaryLayers } from "./auxiliary.ts";
import type { ConvolutionBuilder } from "./convolutions.ts";
import type { DepthwiseLayers } from "./depthwise_conv.ts";
import type { DropPathLayers } from "./drop_path.ts";
import type { ElementwiseLayers } from "./elementwise.ts";
import type { NormLayers } from "./norms.ts";
import type { PoolingLayers } from "./pooling.ts";
import type { ProjectionLayers } from "./projection.ts";
import type { ResizingLayers } from "./resizing.ts";

/**
 * Constructors of layers over values of type `T`: symbolic tensors in the builders of models, shapes
 * in the builder of the table of layers. All values are `[b, h, w, c]`.
 */
export interface LayerBuilder<T>
  extends
    AdaptivePoolLayers<T>,
    AttentionLayers<T>,
    AuxiliaryLayers<T>,
    ConvolutionBuilder<T>,
    DepthwiseLayers<T>,
    DropPathLayers<T>,
    ElementwiseLayers<T>,
    NormLayers<T>,
    PoolingLayers<T>,
    ProjectionLayers<T>,
    ResizingLayers<T> {
  /**
   * The network's input with this many channels, any height and width. A network of several inputs
   * names the others, and says by what their sides are divided.
   */
  input(channels: number, other?: InputOptions): T;
}

/** An input beside the first. */
export interface InputOptions {
  name: string;
  /** What height and width are divided by. @default 1 */
  shrink?: number;
}

/** `channels` times the width multiplier, rounded, at least 4 (1 is the paper's network). */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(4, Math.round(channels * width));
}
