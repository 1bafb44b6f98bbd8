/**
 * The section `model`: the segmentation network and what it starts from.
 *
 * @module
 */
import { z } from "zod";
import type { OptionValue } from "../util/registry.ts";
import { field, positive, text, wants, whole } from "../util/schema.ts";
import { entrySection, type SectionSpec } from "../util/section.ts";
import type { Freeze } from "./frozen_layers.ts";
import { networks } from "./networks/registry.ts";

/** The segmentation network, with the options of its own entry beside the common keys. */
export interface ModelConfig {
  name: string;
  width: number;
  upsampleOrder: "auto" | "logits" | "probabilities";
  init: string;
  initStrict: boolean;
  followInit: boolean;
  freeze: Freeze;
  [option: string]: OptionValue;
}

/** The section `model`. */
export const modelSection: SectionSpec = entrySection<ModelConfig>(
  "The segmentation network.",
  {
    key: "name",
    registry: networks,
    fallback: "fcn8s-vgg16",
    about: "The network.",
  },
  {
    width: field(positive.max(8), {
      fallback: 1,
      about: "Multiplier of every channel count (rounded, at least 4); 1 is the paper's network.",
    }),
    upsampleOrder: field(z.enum(["auto", "logits", "probabilities"]), {
      fallback: "auto",
      about: "Upsample logits, then softmax; or softmax, then upsample probabilities (the " +
        "thesis' ResNet-50); auto takes the network's own.",
      source: "§3.1.1",
    }),
    init: field(text, {
      fallback: "random",
      about: "`random`, or the path of a weight file or of a run; the thesis starts from " +
        "ImageNet weights.",
      source: "§4.1",
    }),
    initStrict: field(z.boolean(), {
      fallback: true,
      about: "Every weight but the head's must be in the file of init, and nothing else.",
    }),
    followInit: field(z.boolean(), {
      fallback: true,
      about: "data.normalize and the network's own options (model.variant, model.stemPool) " +
        "become those that the weights of init were trained with.",
    }),
    freeze: field(
      z.union(
        [z.enum(["none", "backbone"]), whole(1)],
        wants("none, backbone or a stage's number"),
      ),
      {
        fallback: "none",
        about: "What keeps its weights and batch-norm statistics: none, the backbone, or its " +
          "stages up to a number (inspect model lists them).",
      },
    ),
  },
);
