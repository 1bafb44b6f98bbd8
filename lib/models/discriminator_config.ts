/**
 * The section `adversarial.discriminator`: the discriminator and its optimiser, Adam.
 *
 * @module
 */
import type { OptionValue } from "../util/registry.ts";
import { field, fraction, positive } from "../util/schema.ts";
import { entrySection, type SectionSpec } from "../util/section.ts";
import { discriminators } from "./discriminators/registry.ts";

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
