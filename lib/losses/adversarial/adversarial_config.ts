/**
 * The section `adversarial`: the discriminator, its loss, and both temperatures.
 *
 * @module
 */
import { z } from "zod";
import {
  type DiscriminatorConfig,
  discriminatorSection,
} from "../../models/discriminators/registry.ts";
import { type OptionValue, Registry } from "../../util/registry.ts";
import { field, nonNegative, positive, whole } from "../../util/schema.ts";
import { entrySection, type SectionSpec } from "../../util/section.ts";
import type { AdversarialLoss } from "./adversarial_loss.ts";
import { bce } from "./bce.ts";
import { hinge } from "./hinge.ts";
import { lsgan } from "./lsgan.ts";

/** The adversarial losses that `adversarial.loss` can name. */
export const adversarialLosses: Registry<AdversarialLoss> = new Registry("adversarial loss", [
  lsgan,
  bce,
  hinge,
]);

/** The adversarial framework (method.md, "Algorithm 1"); the named loss's own options beside. */
export interface AdversarialConfig {
  enabled: boolean;
  loss: string;
  weight: number;
  tg: number;
  td: number;
  discriminatorSteps: number;
  lgTiming: "before" | "after";
  validMask: "error" | "output";
  maskInputs: boolean;
  frozenBatchNorm: boolean;
  discriminator: DiscriminatorConfig;
  [option: string]: OptionValue;
}

/** The section `adversarial`. */
export const adversarialSection: SectionSpec = entrySection<AdversarialConfig>(
  "The adversarial framework with temperatures.",
  { key: "loss", registry: adversarialLosses, fallback: "lsgan", about: "The adversarial loss." },
  {
    enabled: field(z.boolean(), {
      fallback: true,
      about: "Train with a discriminator; false: none is built, and no key of this section has " +
        "an effect.",
      source: "§3.2",
    }),
    weight: field(nonNegative, {
      fallback: 0.05,
      about: "Alpha, the weight of L_G: 0.1 for FCN on CityScapes, else 0.05; pool 0.01, 0.02, " +
        "0.05, 0.1, 0.2.",
      source: "Table 4-1",
    }),
    tg: field(positive, {
      fallback: 0.5,
      about: "T_g, the temperature of L_seg and L_G; 1 switches it off.",
      source: "§3.2",
    }),
    td: field(positive, {
      fallback: 1,
      about: "T_d, the temperature of L_D; 1 switches it off.",
      source: "§3.2",
    }),
    discriminatorSteps: field(whole(1), {
      fallback: 1,
      about: "Updates of the discriminator for each update of the segmentation network: k of " +
        "Algorithm 1.",
      source: "§3.2",
    }),
    lgTiming: field(z.enum(["before", "after"]), {
      fallback: "before",
      about: "Whether L_G is taken with D's weights from before or after D's update of the same " +
        "step.",
      source: "Algorithm 1",
    }),
    validMask: field(z.enum(["error", "output"]), {
      fallback: "error",
      about: "What the mask of valid pixels multiplies: the error or D's output.",
      source: "§3.1.2",
    }),
    maskInputs: field(z.boolean(), {
      fallback: false,
      about: "Also zero D's inputs where the label is to be ignored.",
    }),
    frozenBatchNorm: field(z.boolean(), {
      fallback: false,
      about: "For L_G, D's batch norm uses its moving averages, not the batch's statistics.",
    }),
    discriminator: discriminatorSection,
  },
);
