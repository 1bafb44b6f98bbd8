import { z } from "zod";
import type {
  AdversarialConfig,
  CheckpointConfig,
  TrainConfig,
  ValidationConfig,
} from "./config.ts";
import {
  field,
  fraction,
  nonNegative,
  positive,
  section,
  size,
  text,
  wants,
  whole,
} from "../util/schema.ts";

/** Schema of {@linkcode AdversarialConfig}. */
export const adversarialSchema: z.ZodType<AdversarialConfig> = section(
  "The adversarial framework with temperatures.",
  {
    mode: field(z.enum(["baseline", "adversarial", "temperature"]), {
      fallback: "temperature",
      about: "No D at all; D with T_g = T_d = 1; or D with the temperatures tg and td.",
      source: "§3.2",
    }),
    game: field(text, {
      fallback: "lsgan",
      about: "Name of the adversarial loss.",
      source: "§4.1",
    }),
    alpha: field(nonNegative, {
      fallback: 0.05,
      about:
        "Weight of L_G: 0.1 for FCN on CityScapes, else 0.05; pool 0.01, 0.02, 0.05, 0.1, 0.2.",
      source: "Table 4-1",
    }),
    tg: field(positive, {
      fallback: 0.5,
      about: "T_g, the temperature of L_seg and L_G.",
      source: "§3.2",
    }),
    td: field(positive, {
      fallback: 1,
      about: "T_d, the temperature of L_D.",
      source: "§3.2",
    }),
    lgTiming: field(z.enum(["before", "after"]), {
      fallback: "before",
      about: "Whether L_G sees D's weights from before or after D's update of the same step.",
      source: "Algorithm 1",
    }),
    validMask: field(z.enum(["error", "output"]), {
      fallback: "error",
      about: "What the valid mask multiplies: the error or D's output.",
      source: "§3.1.2",
    }),
    maskInputs: field(z.boolean(), {
      fallback: false,
      about: "Also zero D's inputs where the label is to be ignored.",
    }),
    frozenBatchNorm: field(z.boolean(), {
      fallback: false,
      about: "While G is stepped, D's batch norm uses its moving averages, not the batch's.",
    }),
  },
);

/** Schema of {@linkcode TrainConfig}. */
export const trainSchema: z.ZodType<TrainConfig> = section("How long to train.", {
  epochs: field(whole(1), {
    fallback: 50,
    about: "Epochs: 50 for VOC2012, 200 for CityScapes.",
    source: "§4.2",
  }),
  warmupEpochs: field(nonNegative, {
    fallback: 5,
    about: "Epochs of linear warm-up before the cosine decay.",
    source: "§4.1",
  }),
  maxSteps: field(z.nullable(whole(1)), {
    fallback: null,
    about: "Stop after this many steps; null for no limit. The schedule still spans `epochs`.",
  }),
  logEvery: field(z.nullable(whole(1)), {
    fallback: null,
    about: "Steps between two readings of the losses; null: 1 on WASM and CPU, 50 on WebGPU.",
  }),
  gradientAccumulation: field(whole(1), {
    fallback: 1,
    about:
      "Parts that a batch goes through the networks in, one after another: saves memory. The " +
      "same step to rounding, but for batch norm, which sees a part at a time.",
  }),
  gradientCheckpointing: field(z.boolean(), {
    fallback: false,
    about: "Run G's first two stages again in the backward pass instead of keeping what they " +
      "computed: saves memory, costs time, changes no bit.",
  }),
  precision: field(z.enum(["f32", "mixed"]), {
    fallback: "f32",
    about: "mixed: G's activations are stored in 16 bits and its loss is scaled (WebGPU only).",
    source: "§4.1",
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
});

/** The words for a metric that is none. */
const METRICS: ReturnType<typeof wants> = wants("mIoU, pAcc, fwIoU, mAcc or class:NAME");

/** The words for scales that are none. */
const SCALES: ReturnType<typeof wants> = wants("one factor or more, such as [0.75, 1]");

/** The words for a window that is none. */
const WINDOW: ReturnType<typeof wants> = wants("auto, whole or [height, width]");

/** Schema of {@linkcode ValidationConfig}. */
export const validationSchema: z.ZodType<ValidationConfig> = section(
  "How the validation split is scored, always at T = 1.",
  {
    every: field(whole(1), {
      fallback: 1,
      about: "Epochs between validations; the last epoch is always validated.",
    }),
    resize: field(z.nullable(size), {
      fallback: null,
      about: "Resize image (bilinear) and label (nearest) to [height, width] first; null keeps " +
        "the original size.",
      source: "§4.2",
    }),
    fit: field(z.enum(["stretch", "letterbox"]), {
      fallback: "stretch",
      about: "How resize is met: stretch both sides, or letterbox, which keeps the aspect and " +
        "pads at the bottom and the right; padding is not scored.",
    }),
    window: field(z.union([z.enum(["auto", "whole"]), size], WINDOW), {
      fallback: "auto",
      about: "What the network sees at a time: the whole image, sliding windows of [height, " +
        "width], or auto: whole where memory and adapter allow it, else the largest windows " +
        "that they do.",
    }),
    overlap: field(z.number().min(0).max(0.9), {
      fallback: 0.25,
      about: "Share of a window that the next one covers again; their probabilities are averaged.",
    }),
    scales: field(z.array(positive.max(8), SCALES).min(1, SCALES), {
      fallback: [1],
      about: "Sizes, as factors, at which each image is seen; probabilities are averaged.",
    }),
    flip: field(z.boolean(), {
      fallback: false,
      about: "See each image mirrored too; probabilities are averaged.",
    }),
    batch: field(whole(1), { fallback: 1, about: "Images in a validation batch." }),
    metric: field(z.string().regex(/^(mIoU|pAcc|fwIoU|mAcc|class:.+)$/, METRICS), {
      fallback: "mIoU",
      about: "What the best network is best at: mIoU, pAcc, fwIoU, mAcc, or class:NAME, the IoU " +
        "of one class.",
    }),
    patience: field(z.nullable(whole(1)), {
      fallback: null,
      about:
        "Validations in a row without a better score after which a run ends; null: it goes on.",
    }),
  },
);

/** Schema of {@linkcode CheckpointConfig}. */
export const checkpointSchema: z.ZodType<CheckpointConfig> = section("When state is saved.", {
  everySteps: field(whole(0), {
    fallback: 0,
    about: "Steps between checkpoints; 0: none by this count. There is one at each epoch's end.",
  }),
  everyMinutes: field(nonNegative, {
    fallback: 15,
    about: "Minutes between checkpoints; 0: none by the clock.",
  }),
  keep: field(whole(0), {
    fallback: 2,
    about: "How many of the last checkpoints are kept, next to that of the best epoch; 0: none " +
      "are written.",
  }),
});
