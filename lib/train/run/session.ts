/**
 * Everything a run needs, opened and checked before the first batch.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { validateConfig } from "../../config/validate.ts";
import { repeatFactors } from "../../data/loader/epoch_order.ts";
import { type SkippedSample, stepsPerEpoch } from "../../data/loader/batch.ts";
import { countClasses, type SplitCounts } from "../../data/validate/class_counts.ts";
import { checkDataset, requireApart } from "../../data/validate/check_dataset.ts";
import type { Dataset } from "../../data/dataset.ts";
import { type DataFingerprint, fingerprintDataset } from "../../data/fingerprint.ts";
import { findLinks } from "../../data/validate/file_findings.ts";
import type { NamedClasses } from "../../data/class_order.ts";
import { chooseClassWeights, needsCounts } from "../../losses/class_weights.ts";
import { checkMetric, checkMetricClass } from "../../metrics/scores.ts";
import { inputChannelsOf, type SegmentationModel } from "../../models/segmentation_model.ts";
import { type BackendInfo, useBackend } from "../../backend/use_backend.ts";
import type { InitializationReport } from "../../models/persistence/initialize.ts";
import type { ResolvedPictures } from "../../data/pictures/resolve_pictures.ts";
import { openRunData } from "./run_data.ts";
import { checkCheckpointing, checkDeviceLimits } from "./check_memory.ts";
import { classesOfInit, openInitialWeights } from "./initial_weights.ts";
import { fixedInputSize, type SaveOptions } from "../../models/persistence/packed_model.ts";
import type { StartEvent } from "../events.ts";
import { checkBatchNorm } from "./check_batch_norm.ts";
import { fitNorms } from "./fit_norms.ts";
import { frozenNote, microBatchWarnings, warmupNote } from "./config_notes.ts";
import {
  createNetworks,
  disposeNetworks,
  type Networks,
  parameterCount,
} from "../step/networks.ts";

/** An opened run. */
export interface Session {
  /**
   * As given, but for how its data is read (`data.dataset: auto`, `data.layout`) and for what follows
   * the weights of `model.init` (`model.followInit`).
   */
  config: Config;
  backend: BackendInfo;
  train: Dataset;
  validation: Dataset;
  /** What the two splits hold, classes in their own order. */
  fingerprints: { train: DataFingerprint; validation: DataFingerprint };
  networks: Networks;
  /** Classes of the training split; `null` where nothing needs them. */
  classCounts: SplitCounts | null;
  /** How often each training sample is seen an epoch (`data.oversample`); `null`: once. */
  repeats: number[] | null;
  /** Whole batches in an epoch. */
  stepsPerEpoch: number;
  /** Steps of all epochs, whether or not `train.maxSteps` ends the run before. */
  totalSteps: number;
  /** What G started from; `null` for random weights and a network that the caller brought. */
  initialization: InitializationReport | null;
  /** One line that says how the data's folder is read; `null` where that was known before. */
  dataSaid: string | null;
  /** Damaged training samples that were seen (`data.onCorrupt: "skip"`). */
  skipped: SkippedSample[];
  /** What the user should know before the first step. */
  warnings: string[];
  /** Says that the data lists its classes in another order than the run; `null` where it does not. */
  orderNotice: string | null;
  /** Frees the networks, but not one that the caller brought. */
  dispose(): void;
}

/** Options of {@linkcode openSession}. */
export interface SessionOptions {
  model?: SegmentationModel;
  backend?: BackendInfo;
  initialize?: boolean;
  classes?: NamedClasses;
  classCounts?: SplitCounts | null;
}

/**
 * Checks the configuration and the data, makes the backend current and builds the networks.
 *
 * @param options A `model` of the caller's that takes G's place, a `backend` already in use,
 * `initialize: false` where a checkpoint will replace all weights (`model.init` is not read then),
 * the `classes` of the run that goes on, whose order is kept where the data lists the same names in
 * another,
 * and the `classCounts` that the run kept.
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {Error} If data, backend or network cannot be had; the message says what to change.
 */
export async function openSession(
  given: Config,
  options: SessionOptions = {},
): Promise<Session> {
  validateConfig(given);
  if (options.model !== undefined && options.backend === undefined) {
    throw new TypeError(
      "Cannot train a model of your own without options.backend: pass what useBackend() returned",
    );
  }
  checkCheckpointing(given, options.model);
  const isRandom = given.model.init === "random" || options.initialize === false;
  const from = options.classes ?? (isRandom ? null : await classesOfInit(given));
  const opened = await openRunData(given, from);
  const { config, train, validation, own, notice, said, notices } = opened;
  const { dataset, dir, batch } = config.data;
  const names = train.classes.map(({ name }) => name);
  const steps = stepsPerEpoch(train, batch);
  if (options.model !== undefined && options.model.classes !== train.classes.length) {
    throw new RangeError(
      `Cannot train a model of ${options.model.classes} classes on ${dataset}: it has ` +
        `${train.classes.length}`,
    );
  }
  if (options.model !== undefined && inputChannelsOf(options.model) !== config.data.channels) {
    throw new RangeError(
      `Cannot train a model of ${inputChannelsOf(options.model)} input channels on images of ` +
        `${config.data.channels}: set data.channels`,
    );
  }
  const { metric } = config.validation;
  checkMetric(metric, names);
  const skipped: SkippedSample[] = [];
  const onDamaged = (sample: SkippedSample) => void skipped.push(sample);
  const skips = config.data.onCorrupt === "skip" ? { onDamaged } : {};
  const checked = await checkDataset(train, { ...skips, isTraining: true });
  const checkedValidation = await checkDataset(validation);
  checkMetricClass(metric, validation, checkedValidation);
  requireApart(checked, checkedValidation);
  const full = config.data.fingerprint === "full";
  const fingerprints = {
    train: await fingerprintDataset(own.train, { full }),
    validation: await fingerprintDataset(own.validation, { full }),
  };

  const classCounts = await countsFor(config, train, options.classCounts ?? null);
  const classes = train.classes.length;
  const { loss: { classWeights: choice }, data: { oversample } } = config;
  const classWeights = chooseClassWeights(choice, { classes, counts: classCounts });

  const repeats = oversample > 0 ? repeatFactors(classCounts!.classesOf, oversample) : null;
  const notes = [
    ...warmupNote(config, steps),
    ...frozenNote(config),
    ...checkBatchNorm(config, { classes, model: options.model }),
  ];
  const links = [...await findLinks(train, dir), ...await findLinks(validation, dir)]
    .map(({ split, message }) => `split "${split}": ${message}`);

  const backend = options.backend ??
    await useBackend({
      backend: config.backend,
      threads: config.threads,
      deterministic: config.deterministic,
    });
  const fallback = backend.warning === null ? [] : [backend.warning];
  const known = [
    ...(notice === null ? [] : [notice]),
    ...notices,
    ...links,
    ...microBatchWarnings(config),
    ...fallback,
  ];
  if (config.train.precision === "mixed" && backend.name !== "webgpu") {
    throw new RangeError(
      `Cannot train with train.precision mixed on backend ${backend.name}, which has no float16 storage; ` +
        "set train.precision to f32, or backend to webgpu",
    );
  }
  if (options.model !== undefined) {
    const networks = createNetworks(config, { classes, classWeights, model: options.model });
    return sessionOf({ config, networks, initialization: null, warnings: [...known, ...notes] });
  }
  checkDeviceLimits(config, { classes, backend });
  const weights = isRandom ? null : await openInitialWeights(config, { classes: names });
  try {
    const followed = weights?.config ?? config;
    const networks = createNetworks(followed, { classes, classWeights });
    const initialization = await weights?.apply(networks.segmentation.model) ?? null;
    const parts = { config: followed, networks, initialization };
    const fitted = await fitNorms({ ...parts, train, repeats, stepsPerEpoch: steps });
    const fromFile = [...weights?.warnings ?? [], ...initialization?.warnings ?? [], ...fitted];
    return sessionOf({ ...parts, warnings: [...known, ...fromFile, ...notes] });
  } finally {
    await weights?.close();
  }

  function sessionOf(
    parts: Pick<Session, "config" | "networks" | "initialization" | "warnings">,
  ): Session {
    const { model } = parts.networks.segmentation;
    return {
      ...parts,
      warnings: [...parts.warnings, ...fixedGraphNote(model, config.data.crop)],
      backend,
      train,
      validation,
      classCounts,
      repeats,
      fingerprints,
      skipped,
      dataSaid: said,
      orderNotice: notice,
      stepsPerEpoch: steps,
      totalSteps: steps * config.train.epochs,
      dispose: () => disposeNetworks(parts.networks, { keepModel: options.model !== undefined }),
    };
  }
}

/** What is saved with the network of a session. */
export function metadataOf({ train, config }: Session): SaveOptions {
  const { normalize, crop: [height, width], orientation, range, channels } = config.data;
  const isPlain = orientation !== "ignore" && range === null && channels === 3;
  const pictures = { orientation, range, channels } as ResolvedPictures;
  const inputSize = { height, width };
  return { classes: train.classes, normalize, inputSize, ...!isPlain && { pictures } };
}

/** Says that plain TensorFlow.js will have one input size, where the network's graph is of one. */
function fixedGraphNote(model: SegmentationModel, [height, width]: [number, number]): string[] {
  const size = fixedInputSize(model, { height, width });
  if (size === null) return [];
  return [
    `in plain TensorFlow.js the saved ${model.name} takes images of ${height}×${width} only ` +
    "(data.crop); segadv takes any size",
  ];
}

/** The class counts that the configuration needs: those that were kept, if they are of this split. */
async function countsFor(
  { loss, data }: Config,
  train: Dataset,
  kept: SplitCounts | null,
): Promise<SplitCounts | null> {
  if (!needsCounts(loss.classWeights) && data.oversample === 0) return null;
  const { classes, ids } = train;
  const fits = kept?.pixels.length === classes.length && kept.classesOf.length === ids.length;
  return fits ? kept : await countClasses(train);
}

/** What a session is about to do, as an event. */
export function startEvent(session: Session): StartEvent {
  const { config, backend, train, networks, stepsPerEpoch, totalSteps, initialization } = session;
  const { discriminator, segmentation } = networks;
  return {
    type: "start",
    time: Date.now(),
    config,
    backend: backend.name,
    device: backend.device,
    build: backend.build,
    classes: train.classes.map(({ name }) => name),
    ...(session.dataSaid !== null && { dataSaid: session.dataSaid }),
    stepsPerEpoch,
    totalSteps: Math.min(totalSteps, config.train.maxSteps ?? totalSteps),
    parameters: {
      segmentation: parameterCount(segmentation.model.layers),
      discriminator: discriminator === null ? 0 : parameterCount(discriminator.model.layers),
      ...segmentation.model.frozen !== undefined && {
        frozen: parameterCount(segmentation.model.layers, segmentation.model.frozen),
      },
    },
    ...(networks.classWeights !== null && { classWeights: [...networks.classWeights] }),
    ...(initialization === null ? {} : { initialization: summaryOf(initialization) }),
  };
}

function summaryOf(report: InitializationReport): NonNullable<StartEvent["initialization"]> {
  const { path, format, origin, copied, zero, fresh, input } = report;
  return { path, format, origin, copied, zero: zero.length, fresh, input };
}
