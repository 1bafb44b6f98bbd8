/**
 * What a decoder's entry in the registry holds. A decoder turns the features of a backbone into
 * logits.
 *
 * @module
 */
import type { Options, OptionsSchema, RegistryEntry } from "../../util/registry.ts";
import type { WeightPlace } from "../../weights/name_maps/name_map.ts";
import type { Features, OutputStride } from "../backbones/backbone_entry.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { UpsampleOrder } from "../segmentation_model.ts";

/** What every decoder is built from, beside its own options. */
export interface DecoderOptions {
  classes: number;
  /** Multiplier of all channel counts. */
  width: number;
  outputStride: OutputStride;
  /** Nominal stride of the feature that an auxiliary head reads. */
  auxiliaryStride: number;
  readonly [option: string]: unknown;
}

/** A decoder that can be built by name. Its layers are named `decoder_…` and `score`. */
export interface DecoderEntry extends RegistryEntry {
  readonly options: OptionsSchema;
  /** How its networks are called in a summary, such as `U-Net`. */
  readonly title: string;
  /** Nominal strides of the features that it takes. */
  readonly strides: readonly number[];
  /** The output stride that it wants of the backbone. */
  readonly outputStride: OutputStride;
  /** Output strides that it takes of backbones which have not the wanted one. @default none */
  readonly otherOutputStrides?: readonly OutputStride[];
  /** See `BackboneOptions.dilateFirst`. */
  readonly dilateFirst: boolean;
  /** Pixels of input per logit; where it is `outputStride`, it is the backbone's. */
  readonly logitStride: number;
  readonly upsampleOrder: UpsampleOrder;
  /** Whether a saved graph takes one input size, by its own options. @default never */
  readonly hasFixedGraph?: (options: Readonly<Record<string, unknown>>) => boolean;
  /** What stands before the backbone's names in the files of its library. @default the backbone's own */
  readonly backbonePrefix?: string;
  /** Its options that must be those that its weights were trained with. @default none */
  readonly inputOptions?: readonly string[];
  /** Values of these, by the names of all tensors of a file. */
  readonly inputOf?: (names: readonly string[]) => Options;
  /** Names that one of its weights may have in other libraries' files. */
  places(weight: string): WeightPlace[];
  /** Features to logits `[b, h/logitStride, w/logitStride, classes]`. */
  build<T>(builder: LayerBuilder<T>, features: Features<T>, options: DecoderOptions): T;
}
