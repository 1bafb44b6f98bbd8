/**
 * What a discriminator's entry in the registry holds: add one file with such an entry to add a
 * discriminator.
 *
 * @module
 */
import type { OptionsSchema, OptionValue, RegistryEntry } from "../../util/registry.ts";
import type { LayerBuilder } from "../builders/layer_builder.ts";

/** How D takes the image beside the class maps: {@linkcode DiscriminatorArchitecture.image}. */
export type ImageInput = "none" | "concat" | "branches";

/** What a discriminator is built from: its name, common and own options. */
export interface DiscriminatorArchitecture {
  name: string;
  /** Channels of the class maps. */
  classes: number;
  /** Multiplier of all channel counts. */
  width: number;
  /**
   * Whether the image is a second input: its channels behind those of the maps (`concat`), or with a
   * first convolution of its own (`branches`).
   */
  image: ImageInput;
  imageChannels: number;
  /** Copies of the network, each on inputs of half the size of the one before. */
  scales: number;
  /** Whether its kernels are divided by their largest singular values. */
  spectralNorm: boolean;
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
  /** Options of the network itself, beside those that all have. */
  readonly options: OptionsSchema;
  /** Height and width of the maps must be multiples of it. @default 1 */
  readonly inputMultiple?: number;
  headOf(architecture: DiscriminatorArchitecture): DiscriminatorHead;
  /** Whether samples of a batch affect each other, as by batch norm. */
  mixesSamples(architecture: DiscriminatorArchitecture): boolean;
  /**
   * Builds the network: class maps `[b, h, w, classes]`, the first input, and where `image` says so
   * images `[b, h, w, imageChannels]`, the second, named `image`, to logits
   * `[b, h/stride, w/stride, 1]`.
   *
   * @param architecture With all of the entry's options, as `parseDiscriminator` gives them.
   */
  build<T>(builder: LayerBuilder<T>, architecture: DiscriminatorArchitecture): T;
}

/**
 * Makes an entry whose own options have their types in its functions.
 *
 * @param entry `headOf` gives the stride alone: the options `output` and `lossResolution` the rest.
 */
export function defineDiscriminator<O extends object>(
  entry: RegistryEntry & {
    options: OptionsSchema;
    inputMultiple?: number;
    strideOf(options: O): number;
    mixesSamples(options: O): boolean;
    build<T>(builder: LayerBuilder<T>, architecture: DiscriminatorArchitecture & O): T;
  },
): DiscriminatorEntry {
  const { name, summary, options, inputMultiple = 1 } = entry;
  type Own = DiscriminatorArchitecture & O & Pick<DiscriminatorHead, "output" | "lossResolution">;
  return {
    name,
    summary,
    options,
    inputMultiple,
    headOf(architecture) {
      const { output, lossResolution } = architecture as unknown as Own;
      return { stride: entry.strideOf(architecture as unknown as Own), output, lossResolution };
    },
    mixesSamples: (architecture) => entry.mixesSamples(architecture as unknown as Own),
    build: (builder, architecture) => entry.build(builder, architecture as unknown as Own),
  };
}
