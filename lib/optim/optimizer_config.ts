/**
 * The section `optimizer`: how the segmentation network is updated.
 *
 * @module
 */
import { z } from "zod";
import { type OptionValue, Registry } from "../util/registry.ts";
import { field, positive } from "../util/schema.ts";
import { entrySection, type SectionSpec } from "../util/section.ts";
import type { OptimizerEntry } from "./optimizer.ts";
import { adam } from "./optimizers/adam.ts";
import { adamw } from "./optimizers/adamw.ts";
import { sgd } from "./optimizers/sgd.ts";

/** The optimisers that `optimizer.name` can name. */
export const optimizers: Registry<OptimizerEntry> = new Registry("optimizer", [
  sgd,
  adam,
  adamw,
]);

/** How the segmentation network is updated; the named optimiser's own options beside. */
export interface OptimizerConfig {
  name: string;
  lr: number;
  headLrFactor: number;
  clipNorm: number | null;
  [option: string]: OptionValue;
}

/** The section `optimizer`. */
export const optimizerSection: SectionSpec = entrySection<OptimizerConfig>(
  "How the segmentation network is updated.",
  { key: "name", registry: optimizers, fallback: "sgd", about: "The optimiser." },
  {
    lr: field(positive, {
      fallback: 5e-3,
      about: "Peak learning rate of the schedule; pool 1e-3, 2e-3, 5e-3, 1e-2.",
      source: "Table 4-1",
    }),
    headLrFactor: field(positive, {
      fallback: 1,
      about:
        "What the learning rate of layers that are not the backbone's is multiplied by; 10 as " +
        "in mmsegmentation.",
    }),
    clipNorm: field(z.nullable(positive), {
      fallback: null,
      about: "Largest norm of all gradients together, without weight decay's; longer ones are " +
        "scaled down; null for no limit.",
    }),
  },
);
