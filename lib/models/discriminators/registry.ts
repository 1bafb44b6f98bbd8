/**
 * The discriminators by name, and the section `adversarial.discriminator`.
 *
 * @module
 */
import { type OptionValue, parseOptions, Registry } from "../../util/registry.ts";
import { field, fraction, positive } from "../../util/schema.ts";
import { entrySection, type SectionSpec } from "../../util/section.ts";
import { commonOptions } from "../networks/registry.ts";
import { dcgan } from "./dcgan.ts";
import type { DiscriminatorArchitecture, DiscriminatorEntry } from "./discriminator_entry.ts";

/** All discriminators, in the order in which they are listed. */
export const discriminators: Registry<DiscriminatorEntry> = new Registry("discriminator", [dcgan]);

/** The discriminator and its optimiser; the named network's own options beside. */
export interface DiscriminatorConfig {
  name: string;
  width: number;
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  [option: string]: OptionValue;
}

/** The section `adversarial.discriminator`. */
export const discriminatorSection: SectionSpec = entrySection<DiscriminatorConfig>(
  "The discriminator and its optimiser, Adam.",
  { key: "name", registry: discriminators, fallback: "dcgan", about: "The discriminator." },
  {
    width: field(positive.max(8), {
      fallback: 1,
      about: "Multiplier of the channel counts (rounded, at least 4).",
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
const SHARED = ["name", "width", "classes", "lr", "beta1", "beta2", "eps"];

/** Options of a discriminator by name; those left out take their defaults. */
export interface DiscriminatorInput {
  /** @default "dcgan" */
  name?: string;
  /** @default 1 */
  width?: number;
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
  const options = parseOptions(entry.options, given, { name, shared: SHARED });
  return { ...options as Record<string, OptionValue>, name, ...common };
}
