/**
 * What a discriminator's entry in the registry holds: add one file with such an entry to add a
 * discriminator.
 *
 * @module
 */
import type { OptionsSchema, OptionValue, RegistryEntry } from "../../util/registry.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";

/** What a discriminator is built from: its name, common and own options. */
export interface DiscriminatorArchitecture {
  name: string;
  /** Channels of the input: class probabilities. */
  classes: number;
  /** Multiplier of all channel counts. */
  width: number;
  readonly [option: string]: OptionValue;
}

/** How a discriminator's logits become its output. */
export interface DiscriminatorHead {
  /** Input pixels per logit. */
  stride: number;
  /** Non-linearity after upsampling. */
  output: "sigmoid" | "linear";
  /** Resolution of the output: that of the input maps, or that of the logits. */
  lossResolution: "input" | "own";
}

/** A discriminator that can be built by name. */
export interface DiscriminatorEntry extends RegistryEntry {
  /** Options of the network itself, beside `width` and `classes`. */
  readonly options: OptionsSchema;
  headOf(architecture: DiscriminatorArchitecture): DiscriminatorHead;
  /**
   * Builds the network: class maps `[b, h, w, classes]` to logits `[b, h/stride, w/stride, 1]`.
   *
   * @param architecture With all of the entry's options, as `parseDiscriminator` gives them.
   */
  build<T>(builder: LayerBuilder<T>, architecture: DiscriminatorArchitecture): T;
}
