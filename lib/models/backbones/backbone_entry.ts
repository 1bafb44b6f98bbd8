/**
 * What a backbone's entry in the registry holds. A backbone turns images into features of several
 * strides; a decoder takes them, so that any pair of the two is a network.
 *
 * @module
 */
import type { OptionsSchema, RegistryEntry } from "../../util/registry.ts";
import type { PretrainedNetwork } from "../../weights/name_maps/name_map.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";

/** A feature map and its channels. */
export interface Feature<T> {
  x: T;
  channels: number;
}

/**
 * Features of a backbone by nominal stride (2, 4, 8, 16, 32). With an output stride below 32 the last
 * ones keep that stride and are dilated instead.
 */
export type Features<T> = ReadonlyMap<number, Feature<T>>;

/** Pixels of input per pixel of the last feature. */
export type OutputStride = 8 | 16 | 32;

/** What every backbone is built from, beside its own options. */
export interface BackboneOptions {
  /** Multiplier of all channel counts. */
  width: number;
  outputStride: OutputStride;
  /** Whether a dilated stage's first block has the full dilation, too (SMP), or half (torchvision). */
  dilateFirst: boolean;
  readonly [option: string]: unknown;
}

/** A backbone that can be built by name. */
export interface BackboneEntry extends RegistryEntry, PretrainedNetwork {
  readonly options: OptionsSchema;
  /** Nominal strides of its features, ascending. */
  readonly strides: readonly number[];
  /** Output strides that it can have. @default all */
  readonly outputStrides?: readonly OutputStride[];
  /** Names of its networks by decoder, where they are not `DECODER-BACKBONE`. */
  readonly networkNames?: Readonly<Record<string, string>>;
  /** Whether a saved graph takes one input size. @default false */
  readonly hasFixedGraph?: boolean;
  /**
   * Patterns of the names of its layers, one a stage, in order (`model.freeze`).
   * @default all of its layers are one stage
   */
  readonly stages?: readonly RegExp[];
  /** Nominal stride of the feature that an auxiliary head reads. @default 16 */
  readonly auxiliaryStride?: number;
  /** Images `x` `[b, h, w, c]` to features. */
  build<T>(builder: LayerBuilder<T>, x: T, options: BackboneOptions): Features<T>;
}

/**
 * The feature of a nominal stride.
 *
 * @throws {RangeError} If the backbone has none of that stride.
 */
export function featureAt<T>(features: Features<T>, stride: number): Feature<T> {
  const feature = features.get(stride);
  if (feature !== undefined) return feature;
  throw new RangeError(
    `Cannot take a feature of stride ${stride}: the backbone has ${
      [...features.keys()].join(", ")
    }`,
  );
}
