/**
 * The sections `train`, `validation` and `checkpoint`: how long a run lasts, how it is scored and
 * what it keeps.
 *
 * @module
 */
import { z } from "zod";
import type { MeanRule } from "../metrics/scores.ts";
import { field, fraction, nonNegative, positive, wants, whole } from "../util/schema.ts";
import { section, type SectionSpec } from "../util/section.ts";

/** How long to train, and how a batch passes through the networks. */
export interface TrainConfig {
  epochs: number;
  maxSteps: number | null;
  logEvery: number | null;
  report: boolean;
  gradientAccumulation: number;
  batchNorm: "ghost" | "exact";
  gradientCheckpointing: boolean;
  precision: "f32" | "mixed";
  ema: number | null;
  emaTau: number;
  onNonFinite: "stop" | "rollback";
  maxRollbacks: number;
  rollbackFactor: number;
}

/** Micro-batches that a batch is cut into: one where batch norm is to see it whole. */
export function microBatchCount(
  { gradientAccumulation = 1, batchNorm = "ghost" }: Partial<
    Pick<TrainConfig, "gradientAccumulation" | "batchNorm">
  >,
): number {
  return batchNorm === "exact" ? 1 : gradientAccumulation;
}

/** When the validation split is scored, and by what. */
export interface ValidationConfig {
  every: number;
  metric: string;
  meanOver: MeanRule;
  patience: number | null;
}

/** When state is written to disk. */
export interface CheckpointConfig {
  everySteps: number;
  everyMinutes: number;
  keep: number;
}

/** The section `train`. */
export const trainSection: SectionSpec = section<TrainConfig>(
  "How long to train, and how a batch passes through the networks.",
  {
    epochs: field(whole(1), {
      fallback: 50,
      about: "Epochs: 50 for VOC2012, 200 for CityScapes.",
      source: "§4.2",
    }),
    maxSteps: field(z.nullable(whole(1)), {
      fallback: null,
      about: "Stop after this many steps; null for no limit. The schedule still spans `epochs`.",
    }),
    logEvery: field(z.nullable(whole(1)), {
      fallback: null,
      about: "Steps between two readings of the losses; null: 1 on WASM and CPU, 50 on WebGPU.",
      affectsResult: false,
    }),
    report: field(z.boolean(), {
      fallback: true,
      about: "The command `train` ends by writing report.html and predictions.png into the run.",
      affectsResult: false,
    }),
    gradientAccumulation: field(whole(1), {
      fallback: 1,
      about:
        "Micro-batches that a batch is cut into, whose gradients are summed: saves memory. The " +
        "same step to rounding, but for batch norm: see batchNorm.",
    }),
    batchNorm: field(z.enum(["ghost", "exact"]), {
      fallback: "ghost",
      about:
        "With gradientAccumulation: ghost takes batch norm's statistics of each micro-batch; " +
        "exact keeps the batch whole and cuts the network into as many pieces, each computed again " +
        "in the backward pass: bit-identical to a step without, at a third more time.",
    }),
    gradientCheckpointing: field(z.boolean(), {
      fallback: false,
      about: "Compute the first two stages again in the backward pass instead of keeping their " +
        "activations: saves memory, costs time, bit-identical.",
      affectsResult: false,
    }),
    precision: field(z.enum(["f32", "mixed"]), {
      fallback: "f32",
      about: "mixed: activations are stored as 16-bit floats and the loss is scaled (WebGPU only).",
      source: "§4.1",
    }),
    ema: field(z.nullable(fraction), {
      fallback: null,
      about: "Decay d of an exponential moving average of the weights, which is validated, saved " +
        "as best and model, and exported: d * (1 - exp(-n / emaTau)) after n steps, 0.9999 as in " +
        "Ultralytics; null: the weights themselves.",
    }),
    emaTau: field(positive, {
      fallback: 2000,
      about: "Steps in which the decay of train.ema rises.",
    }),
    onNonFinite: field(z.enum(["stop", "rollback"]), {
      fallback: "stop",
      about: "At a loss or weight that is NaN or infinite: end the run, or go back to the last " +
        "checkpoint with lower learning rates.",
    }),
    maxRollbacks: field(whole(0), {
      fallback: 3,
      about: "Returns to a checkpoint before the run ends all the same.",
    }),
    rollbackFactor: field(fraction, {
      fallback: 0.5,
      about: "What both learning rates are multiplied by at each return.",
    }),
  },
);

/** The words for a metric that is none. */
const METRICS: ReturnType<typeof wants> = wants("mIoU, pAcc, fwIoU, mAcc or class:NAME");

/** The section `validation`. */
export const validationSection: SectionSpec = section<ValidationConfig>(
  "When the validation split is scored, and by what.",
  {
    every: field(whole(1), {
      fallback: 1,
      about: "Epochs between validations; the last epoch is always validated.",
    }),
    metric: field(z.string().regex(/^(mIoU|pAcc|fwIoU|mAcc|class:.+)$/, METRICS), {
      fallback: "mIoU",
      about: "What the best network is best at: mIoU, pAcc, fwIoU, mAcc, or class:NAME, the IoU " +
        "of one class.",
    }),
    meanOver: field(z.enum(["union", "truth"]), {
      fallback: "union",
      about: "Classes whose IoU enters mIoU: union, those that occur in truth or prediction (one " +
        "that is only predicted counts 0), or truth, those that occur in the truth.",
    }),
    patience: field(z.nullable(whole(1)), {
      fallback: null,
      about:
        "Validations in a row without a better score after which a run ends; null: it goes on.",
    }),
  },
);

/** The section `checkpoint`. */
export const checkpointSection: SectionSpec = section<CheckpointConfig>("When state is saved.", {
  everySteps: field(whole(0), {
    fallback: 0,
    about: "Steps between checkpoints; 0: none by this count. There is one at each epoch's end.",
    affectsResult: false,
  }),
  everyMinutes: field(nonNegative, {
    fallback: 15,
    about: "Minutes between checkpoints; 0: none by the clock.",
    affectsResult: false,
  }),
  keep: field(whole(0), {
    fallback: 2,
    about: "How many of the last checkpoints are kept, next to that of the best epoch; 0: none " +
      "are written.",
    affectsResult: false,
  }),
});
