/**
 * The discriminators by name, and the section `adversarial.discriminator`.
 *
 * @module
 */
import { optionsSchema, type OptionValue, parseOptions, Registry } from "../../util/registry.ts";
import { z } from "zod";
import { field, fraction, positive, whole } from "../../util/schema.ts";
import { entrySection, type SectionSpec } from "../../util/section.ts";
import { commonOptions } from "../networks/registry.ts";
import { advsemiseg } from "./advsemiseg.ts";
import { dcgan } from "./dcgan.ts";
import type {
  DiscriminatorArchitecture,
  DiscriminatorEntry,
  ImageInput,
} from "./discriminator_entry.ts";
import { patchgan } from "./patchgan.ts";
import { pixel } from "./pixel.ts";
import { unetDiscriminator } from "./unet_discriminator.ts";

/** All discriminators, in the order in which they are listed. */
export const discriminators: Registry<DiscriminatorEntry> = new Registry("discriminator", [
  dcgan,
  advsemiseg,
  patchgan,
  pixel,
  unetDiscriminator,
]);

/** What D takes as maps: probabilities p_T, or their logarithms, which are normalised logits. */
export type MapInput = "probabilities" | "logits";

/** The discriminator and its optimiser; the named network's own options beside. */
export interface DiscriminatorConfig {
  name: string;
  width: number;
  image: ImageInput;
  imageScale: number;
  input: MapInput;
  scales: number;
  spectralNorm: boolean;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  [option: string]: OptionValue;
}

const imageInput = z.enum(["none", "concat", "branches"]);
const scales = whole(1).max(4);

/** The section `adversarial.discriminator`. */
export const discriminatorSection: SectionSpec = entrySection<DiscriminatorConfig>(
  "The discriminator and its optimiser, Adam.",
  { key: "name", registry: discriminators, fallback: "dcgan", about: "The discriminator." },
  {
    width: field(positive.max(8), {
      fallback: 1,
      about: "Multiplier of the channel counts (rounded, at least 4).",
    }),
    image: field(imageInput, {
      fallback: "none",
      about: "The image as D's second input: none, its channels behind the maps' (concat), or by " +
        "a first convolution of its own (branches).",
    }),
    imageScale: field(positive, {
      fallback: 1 / 128,
      about:
        "What the normalised image is multiplied by for D: 1 where data.normalize.std brings " +
        "it to about ±2.",
    }),
    input: field(z.enum(["probabilities", "logits"]), {
      fallback: "probabilities",
      about: "The maps that D takes: probabilities, or their logarithms (logits).",
    }),
    scales: field(scales, {
      fallback: 1,
      about: "Copies of D, each on inputs of half the size of the one before.",
    }),
    spectralNorm: field(z.boolean(), {
      fallback: false,
      about: "Divide D's kernels by their largest singular values, followed by one power " +
        "iteration a step.",
    }),
    lr: field(positive, {
      fallback: 1e-7,
      about: "Peak learning rate, scheduled as the segmentation network's: 1e-7 for FCN, 5e-8 " +
        "for ResNet; pool 2e-8, 5e-8, 1e-7, 2e-7.",
      source: "Table 4-1",
    }),
    beta1: field(fraction, { fallback: 0.5, about: "Adam's beta1.", source: "Table 4-1" }),
    beta2: field(fraction, { fallback: 0.999, about: "Adam's beta2.", source: "Table 4-1" }),
    eps: field(positive, { fallback: 1e-7, about: "Adam's epsilon." }),
  },
);

/** Keys of the section `adversarial.discriminator` and of the network that no entry owns. */
const SHARED = ["name", "width", "classes", "lr", "beta1", "beta2", "eps"]
  .concat("image", "imageScale", "input", "scales", "spectralNorm", "imageChannels");

/** Options of all discriminators beside `width` and `classes`. */
const sharedOptions = optionsSchema({
  image: field(imageInput, { fallback: "none", about: "The image as D's second input." }),
  imageChannels: field(whole(1), { fallback: 3, about: "Channels of the image." }),
  scales: field(scales, { fallback: 1, about: "Copies of D at other scales." }),
  spectralNorm: field(z.boolean(), { fallback: false, about: "Spectral norm." }),
});

/** Options of a discriminator by name; those left out take their defaults. */
export interface DiscriminatorInput {
  /** @default "dcgan" */
  name?: string;
  /** @default 1 */
  width?: number;
  /** @default "none" */
  image?: ImageInput;
  /** @default 3 */
  imageChannels?: number;
  /** @default 1 */
  scales?: number;
  /** @default false */
  spectralNorm?: boolean;
  readonly [option: string]: OptionValue | undefined;
}

/**
 * The discriminator that some options describe, with defaults filled in.
 *
 * @throws {RangeError} If no discriminator has the name, or an option is unknown or out of range;
 * names the options that it takes.
 */
export function parseDiscriminator(
  given: DiscriminatorInput & { classes: number },
): DiscriminatorArchitecture {
  const { name = "dcgan", width, classes } = given;
  const entry = discriminators.get(name);
  const common = parseOptions(commonOptions, { width, classes }, { name });
  const { image, imageChannels, scales, spectralNorm } = given;
  const shared = parseOptions(
    sharedOptions,
    { image, imageChannels, scales, spectralNorm },
    { name },
  );
  const options = parseOptions(entry.options, given, { name, shared: SHARED });
  return { ...options as Record<string, OptionValue>, name, ...common, ...shared };
}
