import { augmentations } from "../data/transforms/augment.ts";
import { adversarialLosses } from "../losses/adversarial/adversarial_config.ts";
import { segmentationLosses } from "../losses/segmentation/loss_config.ts";
import { discriminators } from "../models/discriminators/registry.ts";
import { stageCount } from "../models/frozen_layers.ts";
import { networks } from "../models/networks/registry.ts";
import { optimizers } from "../optim/optimizer_config.ts";
import type { Config } from "./config.ts";
import { microBatchCount } from "./run_config.ts";

/** A fault of several fields together. */
export interface RuleIssue {
  key: string;
  message: string;
}

/** Finds faults of fields that are each right by themselves. */
export type ConfigRule = (config: Config) => Iterable<RuleIssue>;

/** The rules that hold everywhere. */
export function* brokenRules(config: Config): Generator<RuleIssue> {
  yield* sizeRule(config);
  yield* freezeRule(config);
  yield* classWeightRule(config);
  yield* maskRule(config);
  yield* discriminatorSizeRule(config);
  yield* channelsRule(config);
  yield* meanRule(config);
  yield* letterboxRule(config);
  yield* precisionRule(config);
  yield* accumulationRule(config);
  yield* extensionRule(config);
  yield* warmupRule(config);
}

function* sizeRule({ model, data, inference }: Config): Generator<RuleIssue> {
  const multiple = networks.get(model.name).inputMultiple;
  const sizes = { "data.crop": data.crop, "inference.resize": inference.resize };
  for (const [key, size] of Object.entries(sizes)) {
    if (size === null || size.every((side) => side % multiple === 0)) continue;
    const near = size.map((side) => Math.max(multiple, Math.round(side / multiple) * multiple));
    yield {
      key,
      message: `expected multiples of ${multiple}, as ${model.name} needs them, ` +
        `got [${size.join(", ")}]; the nearest are [${near.join(", ")}]`,
    };
  }
}

function* freezeRule({ model: { name, freeze } }: Config): Generator<RuleIssue> {
  const stages = stageCount(networks.get(name));
  if (typeof freeze === "string" || freeze <= stages) return;
  yield {
    key: "model.freeze",
    message: `expected at most ${stages}, the stages of the backbone of ${name}, got ${freeze}`,
  };
}

function* classWeightRule({ loss: { terms, classWeights } }: Config): Generator<RuleIssue> {
  if (classWeights === "none") return;
  const takes = [...segmentationLosses].filter((loss) => loss.takesClassWeights);
  if (terms.some(({ name }) => takes.some((loss) => loss.name === name))) return;
  yield {
    key: "loss.classWeights",
    message: `expected none, as no term of loss.terms takes class weights, got ` +
      `${JSON.stringify(classWeights)}; those that do: ${takes.map(({ name }) => name).join(", ")}`,
  };
}

function* maskRule({ adversarial: { loss, validMask } }: Config): Generator<RuleIssue> {
  if (validMask !== "output" || adversarialLosses.get(loss).readsOutput) return;
  yield {
    key: "adversarial.validMask",
    message: `expected error, as the adversarial loss ${loss} reads D's logits and not its ` +
      "output, got output",
  };
}

function* discriminatorSizeRule(
  { data: { crop }, adversarial: { enabled, discriminator } }: Config,
): Generator<RuleIssue> {
  const { name, scales } = discriminator;
  const entry = discriminators.find(name);
  const multiple = (entry?.inputMultiple ?? 1) * 2 ** (scales - 1);
  if (!enabled || crop.every((side) => side % multiple === 0)) return;
  yield {
    key: "data.crop",
    message: `expected multiples of ${multiple}, as the discriminator ${name} at ${scales} ` +
      `scale${scales === 1 ? "" : "s"} needs them, got [${crop.join(", ")}]`,
  };
}

function* channelsRule({ data }: Config): Generator<RuleIssue> {
  const { channels, normalize, augment } = data;
  for (const key of ["mean", "std"] as const) {
    const { length } = normalize[key];
    if (length === channels) continue;
    yield {
      key: `data.normalize.${key}`,
      message: `expected ${channels} numbers, one for each of data.channels, got ${length}`,
    };
  }
  if (channels === 3) return;
  if (normalize.order !== "rgb") {
    yield {
      key: "data.normalize.order",
      message: `expected rgb, the order of the files, with data.channels ${channels}, got bgr`,
    };
  }
  const colored = augment.find(({ name }) => augmentations.find(name)?.pixels !== undefined);
  if (colored === undefined) return;
  yield {
    key: "data.augment",
    message: `expected augmentations of geometry or cutmix with data.channels ${channels}, got ` +
      `${colored.name}, which is for red, green and blue`,
  };
}

function* meanRule({ data: { normalize } }: Config): Generator<RuleIssue> {
  const outside = normalize.mean.find((value) => value < 0 || value > 255);
  if (outside === undefined) return;
  yield {
    key: "data.normalize.mean",
    message: `expected values on the 0..255 scale, got ${outside}`,
  };
}

function* precisionRule({ train, optimizer }: Config): Generator<RuleIssue> {
  if (train.precision === "f32" || optimizers.get(optimizer.name).supportsLossScaling) return;
  yield {
    key: "train.precision",
    message: `expected f32, as the optimizer ${optimizer.name} takes no loss scaling, got ` +
      `${train.precision}; set train.precision to f32 or optimizer.name to sgd`,
  };
}

function* accumulationRule(config: Config): Generator<RuleIssue> {
  const { data: { batch }, train, adversarial } = config;
  const parts = microBatchCount(train);
  const key = "train.gradientAccumulation";
  if (batch % parts !== 0) {
    yield { key, message: `expected a divisor of data.batch, which is ${batch}, got ${parts}` };
  }
  if (parts === 1 || !adversarial.enabled) return;
  if (adversarial.lgTiming === "after") {
    yield {
      key,
      message: `expected 1 as adversarial.lgTiming is after, got ${parts}: the update of D needs ` +
        "all micro-batches before the first gradient of L_G; set adversarial.lgTiming to before",
    };
  }
  if (adversarial.discriminatorSteps > 1) {
    yield {
      key,
      message: `expected 1 as adversarial.discriminatorSteps is ` +
        `${adversarial.discriminatorSteps}, got ${parts}: the second update of D needs all ` +
        "micro-batches again; set adversarial.discriminatorSteps to 1",
    };
  }
}

function* extensionRule(
  { schedule: { extensions }, train: { epochs } }: Config,
): Generator<RuleIssue> {
  const wrong = extensions.findIndex(({ from, by }, i) => (
    from + by !== (extensions[i + 1]?.from ?? epochs)
  ));
  if (wrong < 0) return;
  const { from, by } = extensions[wrong]!;
  const next = extensions[wrong + 1];
  yield {
    key: `schedule.extensions[${wrong}]`,
    message: `expected to end at ${
      next === undefined
        ? `train.epochs, which is ${epochs}`
        : `epoch ${next.from}, where the next begins`
    }, got from ${from} by ${by}; more epochs are added by train --resume RUN --extend N`,
  };
}

function* warmupRule({ schedule, train }: Config): Generator<RuleIssue> {
  const { warmupEpochs, extensions } = schedule;
  const planned = extensions[0]?.from ?? train.epochs;
  const restarts = extensions.filter(({ how }) => how === "restart").map(({ by }) => by);
  const shortest = Math.min(planned, ...restarts);
  if (warmupEpochs <= shortest) return;
  yield {
    key: "schedule.warmupEpochs",
    message:
      `expected at most ${shortest}, the epochs of the ${
        shortest === planned ? "run" : "restart"
      }, got ${warmupEpochs}: the learning rate would never reach its peak; lower it or ` +
      "raise train.epochs",
  };
}

function* letterboxRule({ inference: { resizeMode, resize } }: Config): Generator<RuleIssue> {
  if (resizeMode !== "letterbox" || resize !== null) return;
  yield {
    key: "inference.resizeMode",
    message: "expected stretch as inference.resize is null, got letterbox; set " +
      "inference.resize to the size to fill",
  };
}
