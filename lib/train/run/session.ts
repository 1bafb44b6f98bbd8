/**
 * Everything a run needs, opened and checked before the first batch.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { validateConfig } from "../../config/check.ts";
import { type SkippedSample, stepsPerEpoch } from "../../data/loader/batch.ts";
import { checkDataset } from "../../data/validate/check_dataset.ts";
import type { Dataset } from "../../data/dataset.ts";
import { findLinks } from "../../data/validate/file_findings.ts";
import { openDataset } from "../../data/registry.ts";
import { checkMetric } from "../../metrics/scores.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import { type BackendInfo, useBackend } from "../../backend/use_backend.ts";
import type { InitializationReport } from "../../models/persistence/initialize.ts";
import { checkDeviceLimits } from "./check_memory.ts";
import { openInitialWeights } from "./initial_weights.ts";
import type { ModelMetadata } from "../../weights/weight_file.ts";
import type { StartEvent } from "../events.ts";
import {
  createNetworks,
  disposeNetworks,
  type Networks,
  parameterCount,
} from "../step/networks.ts";

/** An opened run. */
export interface Session {
  /** As given, but for what follows the weights of `model.init` (`model.followInit`). */
  config: Config;
  backend: BackendInfo;
  train: Dataset;
  validation: Dataset;
  networks: Networks;
  /** Whole batches in an epoch. */
  stepsPerEpoch: number;
  /** Steps of all epochs, whether or not `train.maxSteps` ends the run before. */
  totalSteps: number;
  /** What G started from; `null` for random weights and a network that the caller brought. */
  initialization: InitializationReport | null;
  /** Damaged training samples that were seen (`data.onCorrupt: "skip"`). */
  skipped: SkippedSample[];
  /** What the user should know before the first step. */
  warnings: string[];
  /** Frees the networks, but not one that the caller brought. */
  dispose(): void;
}

/**
 * Checks the configuration and the data, makes the backend current and builds the networks.
 *
 * @param options A `model` of the caller's that takes G's place, a `backend` already in use, and
 * `initialize: false` where a checkpoint will replace all weights (`model.init` is not read then).
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {Error} If data, backend or network cannot be had; the message says what to change.
 */
export async function openSession(
  config: Config,
  options: { model?: SegmentationModel; backend?: BackendInfo; initialize?: boolean } = {},
): Promise<Session> {
  validateConfig(config);
  if (options.model !== undefined && options.backend === undefined) {
    throw new TypeError(
      "Cannot train a model of your own without options.backend: pass what useBackend() returned",
    );
  }
  const { dataset, dir, trainSplit, valSplit, batch } = config.data;
  const train = await openDataset(dataset, { dir, split: trainSplit });
  const validation = await openDataset(dataset, { dir, split: valSplit });
  const steps = stepsPerEpoch(train, batch);
  if (options.model !== undefined && options.model.classes !== train.classes.length) {
    throw new RangeError(
      `Cannot train a model of ${options.model.classes} classes on ${dataset}: it has ` +
        `${train.classes.length}`,
    );
  }
  if (
    options.model !== undefined && config.train.gradientCheckpointing &&
    !options.model.stages?.length
  ) {
    throw new RangeError(
      `Cannot train "${options.model.name}" with train.gradientCheckpointing true: it names no stages; pass ` +
        "stages to fromLayersModel, or set train.gradientCheckpointing to false",
    );
  }
  checkMetric(config.validation.metric, validation.classes.map(({ name }) => name));
  const skipped: SkippedSample[] = [];
  const onDamaged = (sample: SkippedSample) => void skipped.push(sample);
  await checkDataset(train, config.data.onCorrupt === "skip" ? { onDamaged } : {});
  await checkDataset(validation);

  const links = [...await findLinks(train, dir), ...await findLinks(validation, dir)]
    .map(({ split, message }) => `split "${split}": ${message}`);

  const backend = options.backend ??
    await useBackend({
      backend: config.backend,
      threads: config.threads,
      deterministic: config.deterministic,
    });
  const known = backend.warning === null ? links : [...links, backend.warning];
  if (config.train.precision === "mixed" && backend.name !== "webgpu") {
    throw new RangeError(
      `Cannot train with train.precision mixed on backend ${backend.name}, which has no float16 storage; ` +
        "set train.precision to f32, or backend to webgpu",
    );
  }
  const classes = train.classes.length;
  if (options.model !== undefined) {
    const networks = createNetworks(config, { classes, model: options.model });
    return sessionOf({ config, networks, initialization: null, warnings: known });
  }
  checkDeviceLimits(config, { classes, backend });
  const isRandom = config.model.init === "random" || options.initialize === false;
  const weights = isRandom ? null : await openInitialWeights(config, { classes });
  try {
    const followed = weights?.config ?? config;
    const networks = createNetworks(followed, { classes });
    const initialization = await weights?.apply(networks.segmentation.model) ?? null;
    const warnings = [...known, ...weights?.warnings ?? [], ...initialization?.warnings ?? []];
    return sessionOf({ config: followed, networks, initialization, warnings });
  } finally {
    await weights?.close();
  }

  function sessionOf(
    parts: Pick<Session, "config" | "networks" | "initialization" | "warnings">,
  ): Session {
    return {
      ...parts,
      backend,
      train,
      validation,
      skipped,
      stepsPerEpoch: steps,
      totalSteps: steps * config.train.epochs,
      dispose: () => disposeNetworks(parts.networks, { keepModel: options.model !== undefined }),
    };
  }
}

/** What is saved with the network of a session. */
export function metadataOf({ train, config }: Session): ModelMetadata {
  return { classes: train.classes, normalize: config.data.normalize };
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
    stepsPerEpoch,
    totalSteps: Math.min(totalSteps, config.train.maxSteps ?? totalSteps),
    parameters: {
      segmentation: parameterCount(segmentation.model.layers),
      discriminator: discriminator === null ? 0 : parameterCount(discriminator.model.layers),
    },
    ...(initialization === null ? {} : { initialization: summaryOf(initialization) }),
  };
}

function summaryOf(report: InitializationReport): NonNullable<StartEvent["initialization"]> {
  const { path, format, origin, copied, zero, fresh, input } = report;
  return { path, format, origin, copied, zero: zero.length, fresh, input };
}
