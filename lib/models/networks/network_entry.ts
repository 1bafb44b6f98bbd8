/**
 * What a segmentation network's entry in the registry holds: add one file with such an entry to add
 * a network.
 *
 * @module
 */
import type { OptionsSchema, RegistryEntry } from "../../util/registry.ts";
import type { PretrainedNetwork } from "../../weights/name_maps/name_map.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { ArchitectureOptions, UpsampleOrder } from "../segmentation_model.ts";

/** A network that can be built by name. */
export interface NetworkEntry extends RegistryEntry, PretrainedNetwork {
  /** Options of the network itself, beside `width`, `upsampleOrder` and `classes`. */
  readonly options: OptionsSchema;
  /** The order that `upsampleOrder: auto` means. */
  readonly upsampleOrder: UpsampleOrder;
  /** Pixels of input per logit. */
  readonly logitStride: number;
  /** Input height and width must be multiples of this. */
  readonly inputMultiple: number;
  /**
   * Whether the graph of a saved network takes one input size, as a layer of it knows its input's.
   * @default never
   */
  readonly hasFixedGraph?: (architecture: ArchitectureOptions) => boolean;
  /** Pixels of input per logit of the auxiliary head, `null` without one. @default never one */
  readonly auxiliaryStride?: (architecture: ArchitectureOptions) => number | null;
  /**
   * Patterns of the names of the backbone's layers, one a stage, in order; the others are the head's.
   * @default all layers but the score layers are one stage
   */
  readonly backboneStages?: readonly RegExp[];
  /** Layers that end the first stages, in order: all later layers depend on earlier ones through them. */
  readonly stages: readonly string[];
  /**
   * Builds the network: images `[b, h, w, 3]` to logits `[b, h/logitStride, w/logitStride, classes]`.
   *
   * @param architecture With all of the entry's options, as `parseArchitecture` gives them.
   */
  build<T>(builder: LayerBuilder<T>, architecture: ArchitectureOptions): T;
}
