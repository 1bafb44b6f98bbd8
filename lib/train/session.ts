/**
 * Everything a run needs, opened and checked before the first batch.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import { validateConfig } from "../config/validate.ts";
import { checkDataset } from "../data/check.ts";
import type { Dataset } from "../data/dataset.ts";
import { openDataset } from "../data/registry.ts";
import { stepsPerEpoch } from "../data/train_batches.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { type BackendInfo, useBackend } from "../runtime/backend.ts";
import { initializeFrom } from "../weights/initialize.ts";
import { checkDeviceLimits } from "./_check_memory.ts";
import { createPlayers, disposePlayers } from "./players.ts";
import type { Players } from "./step.ts";

/** An opened run. */
export interface Session {
  config: Config;
  backend: BackendInfo;
  train: Dataset;
  validation: Dataset;
  players: Players;
  /** Whole batches in an epoch. */
  stepsPerEpoch: number;
  /** Steps of all epochs, whether or not `train.maxSteps` ends the run before. */
  totalSteps: number;
  /** Frees the networks, but not one that the caller brought. */
  dispose(): void;
}

/**
 * Checks the configuration and the data, makes the backend current and builds the networks.
 *
 * @param options A `model` of the caller's that takes G's place, and a `backend` already in use.
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {Error} If data, backend or network cannot be had; the message says what to change.
 */
export async function openSession(
  config: Config,
  options: { model?: SegmentationModel; backend?: BackendInfo } = {},
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
  await checkDataset(train);
  await checkDataset(validation);

  const backend = options.backend ??
    await useBackend({ backend: config.backend, threads: config.threads });
  if (options.model === undefined) {
    checkDeviceLimits(config, { classes: train.classes.length, backend });
  }
  const brought = options.model === undefined ? {} : { model: options.model };
  const players = createPlayers(config, { classes: train.classes.length, ...brought });
  if (options.model === undefined && config.model.init !== "random") {
    await initializeFrom(players.generator.model, config.model.init);
  }
  return {
    config,
    backend,
    train,
    validation,
    players,
    stepsPerEpoch: steps,
    totalSteps: steps * config.train.epochs,
    dispose: () => disposePlayers(players, { keepGenerator: options.model !== undefined }),
  };
}
