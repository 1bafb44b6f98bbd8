/**
 * Sets up the networks of a run with their optimisers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config/config.ts";
import { adversarialLosses } from "../losses/adversarial/registry.ts";
import { buildModel } from "../models/build_model.ts";
import { buildDiscriminator } from "../models/discriminator.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { LossScale } from "../optim/loss_scale.ts";
import { adam, sgdMomentum } from "../optim/optimizers.ts";
import { parametersOf } from "../optim/parameters.ts";
import type { Adversary, Players } from "./train_step.ts";

/**
 * Builds G, and D unless the mode is `baseline`, as `config` says.
 *
 * @param options Number of classes, and a `model` that takes G's place.
 * @returns Networks and optimiser states, to be freed with {@linkcode disposePlayers}.
 * @throws {RangeError} If a name in the config is unknown.
 */
export function createPlayers(
  config: Config,
  options: { classes: number; model?: SegmentationModel },
): Players {
  const { classes } = options;
  const model = options.model ?? buildModel(config.model, { classes, seed: config.seed });
  const parameters = parametersOf(model.layers, { decay: config.generator.decay });
  return {
    generator: { model, parameters, optimizer: sgdMomentum(parameters, config.generator) },
    adversary: config.adversarial.mode === "baseline" ? null : createAdversary(config, classes),
    config: config.generator,
    pass: config.train,
    lossScale: config.train.precision === "mixed" ? new LossScale() : null,
  };
}

/** Frees the optimiser states, D, and G unless it was brought by the caller. */
export function disposePlayers(players: Players, options: { keepGenerator: boolean }): void {
  players.generator.optimizer.dispose();
  players.lossScale?.dispose();
  if (!options.keepGenerator) players.generator.model.layers.dispose();
  players.adversary?.optimizer.dispose();
  players.adversary?.model.layers.dispose();
}

/** Number of all weights of a model, moving statistics included. */
export function parameterCount(model: tf.LayersModel): number {
  return model.weights.reduce(
    (sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]),
    0,
  );
}

function createAdversary(config: Config, classes: number): Adversary {
  const game = adversarialLosses.get(config.adversarial.game);
  if (game === undefined) {
    throw new RangeError(
      `Cannot play adversarial.game "${config.adversarial.game}": known games are ` +
        [...adversarialLosses.keys()].join(", "),
    );
  }
  const model = buildDiscriminator(config.discriminator, { classes, seed: config.seed });
  const parameters = parametersOf(model.layers, { decay: "all" });
  const optimizer = adam(parameters, config.discriminator);
  const { adversarial, discriminator: { steps } } = config;
  return { model, parameters, optimizer, game, config: adversarial, steps };
}
