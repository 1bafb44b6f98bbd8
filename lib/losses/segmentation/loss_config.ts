/**
 * The section `loss`: the segmentation loss, a weighted sum of terms.
 *
 * @module
 */
import { z } from "zod";
import { type OptionValue, Registry } from "../../util/registry.ts";
import { field, nonNegative, positive, wants } from "../../util/schema.ts";
import { entrySection, section, sectionList, type SectionSpec } from "../../util/section.ts";
import type { ClassWeightChoice } from "../class_weights.ts";
import { bcePerClass } from "./bce_per_class.ts";
import { ce } from "./ce.ts";
import { confidencePenalty } from "./confidence_penalty.ts";
import { dice } from "./dice.ts";
import { focal } from "./focal.ts";
import { jaccard } from "./jaccard.ts";
import { l1 } from "./l1.ts";
import { labelSmoothing } from "./label_smoothing.ts";
import { logitnorm } from "./logitnorm.ts";
import { lovasz } from "./lovasz.ts";
import { mbls } from "./mbls.ts";
import { ohem } from "./ohem.ts";
import type { SegmentationLoss } from "./segmentation_loss.ts";
import { tversky } from "./tversky.ts";

/** The losses that a term of `loss.terms` can name. */
export const segmentationLosses: Registry<SegmentationLoss> = new Registry("segmentation loss", [
  ce,
  bcePerClass,
  focal,
  ohem,
  dice,
  jaccard,
  tversky,
  lovasz,
  labelSmoothing,
  logitnorm,
  confidencePenalty,
  mbls,
  l1,
]);

/** One term: a loss by name, its weight, and the loss's own options beside. */
export interface LossTerm {
  name: string;
  weight: number;
  [option: string]: OptionValue;
}

/** The segmentation loss. */
export interface LossConfig {
  terms: LossTerm[];
  temperature: number | null;
  classWeights: ClassWeightChoice;
  auxWeight: number;
}

const term = entrySection<LossTerm>(
  "A term of the segmentation loss.",
  { key: "name", registry: segmentationLosses, fallback: "ce", about: "The loss." },
  { weight: field(positive, { fallback: 1, about: "Factor of the term in the sum." }) },
);

const CLASS_WEIGHTS = "none, median-frequency, enet or a list of numbers, one a class";

const classWeights = z.union([
  z.enum(["none", "median-frequency", "enet"]),
  z.array(nonNegative).min(1).refine(
    (weights) => weights.some((weight) => weight > 0),
    wants("at least one weight above 0"),
  ),
], wants(CLASS_WEIGHTS));

/** The section `loss`. */
export const lossSection: SectionSpec = section<LossConfig>(
  "The segmentation loss L_seg: a weighted sum of terms.",
  {
    terms: sectionList("Terms of L_seg: [{name, weight, the loss's own options}].", {
      item: term,
      fallback: [{ name: "ce" }],
      min: 1,
    }),
    temperature: field(z.nullable(positive), {
      fallback: null,
      about: "Temperature of L_seg; null takes adversarial.tg, or 1 without a discriminator.",
      source: "§3.2",
    }),
    classWeights: field(classWeights, {
      fallback: "none",
      about: "Weights of the classes in the terms that are means over pixels: as inspect data " +
        "prints them of the training split (median-frequency, enet), or a number a class.",
    }),
    auxWeight: field(nonNegative, {
      fallback: 0.5,
      about: "Factor of the cross-entropy of an auxiliary head (model.auxHead), beside the terms.",
    }),
  },
);
