/**
 * Algorithm 1 of the thesis: one update of the discriminator and one of the segmentation network,
 * from a single forward pass of the latter.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialConfig, GeneratorConfig } from "../config/config.ts";
import { oneHot } from "../engine/ops/one_hot.ts";
import { record } from "../engine/tape.ts";
import type { AdversarialLoss } from "../losses/adversarial_loss.ts";
import { locationMap } from "../losses/location_map.ts";
import { probabilityMap } from "../losses/probability_map.ts";
import { discriminatorLoss, generatorLoss, type RefereeOptions } from "../losses/referee.ts";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import type { Discriminator } from "../models/discriminator.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { clipGradients } from "./clip_gradients.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Parameter } from "./parameters.ts";

/** A network with what moves it. */
export interface Player<M> {
  model: M;
  parameters: Parameter[];
  optimizer: Optimizer;
}

/** D with the rules of the game and how often it moves. */
export interface Adversary extends Player<Discriminator> {
  game: AdversarialLoss;
  config: AdversarialConfig;
  /** k: D updates per G update. */
  steps: number;
}

/** Everything a step works on. `adversary` is `null` in baseline mode: no D, not even in memory. */
export interface Players {
  generator: Player<SegmentationModel>;
  adversary: Adversary | null;
  config: Pick<GeneratorConfig, "loss" | "segTemperature"> & Partial<GeneratorConfig>;
}

/** One batch on the device; stays the caller's. */
export interface Batch {
  /** Normalised images `[b, h, w, 3]`. */
  images: tf.Tensor4D;
  /** int32 class indices `[b, h, w]`, 255 = ignore. */
  labels: tf.Tensor3D;
  /** Number of pixels that are not ignored. */
  valid: number;
}

/** Scalars of one step under their log keys; owned by the caller. */
export type StepLosses = Record<string, tf.Scalar>;

/** Kwargs of a forward pass in training mode. */
const TRAINING = { training: true, updateStatistics: true };

/**
 * One training step (thesis chapter 3, Algorithm 1). Updates the weights, batch-norm statistics
 * and optimiser states of the players in place.
 *
 * @param players The networks; in `baseline` mode G alone.
 * @param batch One batch; a batch without a valid pixel has losses of 0 and moves nothing but
 * momentum and L2.
 * @param rates Learning rates of this step.
 * @returns `loss/seg`, with `clipNorm` `grad/norm` (before clipping), and with an adversary
 * `loss/gen`, `loss/d`, `d/real`, `d/fake`, `d/accuracy`.
 *
 * @example
 * ```ts
 * import { createPlayers, disposePlayers, loadConfig, tf, trainStep, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "wasm" });
 * const config = await loadConfig({ preset: "fixtures", overrides: ["model.width=0.05"] });
 * const players = createPlayers(config, { classes: 3 });
 * const batch = {
 *   images: tf.zeros<tf.Rank.R4>([1, 32, 32, 3]),
 *   labels: tf.zeros<tf.Rank.R3>([1, 32, 32], "int32"),
 *   valid: 32 * 32,
 * };
 * const losses = trainStep(players, batch, { generator: 0.01, discriminator: 1e-4 });
 * assert.equal((await losses["loss/seg"]!.data())[0]!.toFixed(4), Math.log(3).toFixed(4));
 * disposePlayers(players, { keepGenerator: false });
 * ```
 */
export function trainStep(
  players: Players,
  batch: Batch,
  rates: { generator: number; discriminator: number },
): StepLosses {
  const { generator, adversary } = players;

  // G runs once: both temperature maps come from these logits.
  const forward = record(() => generator.model.layers.apply(batch.images, TRAINING) as tf.Tensor);
  const logits = forward.value as tf.Tensor4D;
  const map = locationMap(batch.labels);

  const late = adversary?.config.lgTiming === "after";
  const judged = late ? playDiscriminator({ players, batch, logits, map }, rates) : {};
  const { gradient, losses } = totalLoss({ players, batch, logits, map });
  const judgedBefore = late ? {} : playDiscriminator({ players, batch, logits, map }, rates);

  const weights = generator.parameters.map((parameter) => parameter.weight);
  const { gradients, norm } = clip(forward.backward(gradient, weights), players.config);
  generator.optimizer.apply(gradients, rates.generator);
  tf.dispose([logits, map, gradient]);
  return { ...losses, ...judged, ...judgedBefore, ...norm };
}

/** Limits the gradients' norm where the config says so, and then tells what it was. */
function clip(
  gradients: (tf.Tensor | null)[],
  config: Partial<GeneratorConfig>,
): { gradients: (tf.Tensor | null)[]; norm: StepLosses } {
  const { clipNorm = null } = config;
  if (clipNorm === null) return { gradients, norm: {} };
  const clipped = clipGradients(gradients, { clipNorm });
  return { gradients: clipped.gradients, norm: { "grad/norm": clipped.norm } };
}

/** What both halves of a step look at. */
interface Scene {
  players: Players;
  batch: Batch;
  logits: tf.Tensor4D;
  map: tf.Tensor4D;
}

/** L_seg + α·L_G as a function of the logits: its values and its gradient. */
function totalLoss(scene: Scene): { gradient: tf.Tensor; losses: StepLosses } {
  const { players, batch, logits } = scene;
  const { adversary } = players;
  const { head } = players.generator.model;
  const tg = generatorTemperature(adversary);
  const temperature = players.config.segTemperature ?? tg;
  const parts: StepLosses = {};

  const objective = record(() => {
    const options = { temperature, valid: batch.valid, head, kind: players.config.loss };
    const seg = segmentationLoss({ logits, labels: batch.labels }, options);
    parts["loss/seg"] = tf.keep(seg);
    if (adversary === null) return seg.clone();
    const fake = probabilityMap(logits, { temperature: tg, head, ...size(batch) });
    const gen = generatorLoss(fake, refereeOptions(scene, adversary));
    parts["loss/gen"] = tf.keep(gen);
    return tf.add(seg, tf.mul(gen, adversary.config.alpha));
  });
  const one = tf.scalar(1);
  const [gradient] = objective.backward(one, [logits]);
  tf.dispose([one, objective.value]);
  return { gradient: gradient!, losses: parts };
}

/** k updates of D on L_D; the predicted maps are constants here. */
function playDiscriminator(scene: Scene, rates: { discriminator: number }): StepLosses {
  const { players: { adversary, generator }, batch, logits } = scene;
  if (adversary === null) return {};
  const [real, fake] = tf.tidy(() => {
    const temperature = adversary.config.mode === "temperature" ? adversary.config.td : 1;
    const { head, classes } = generator.model;
    return [
      oneHot(batch.labels, classes) as tf.Tensor4D,
      probabilityMap(logits, { temperature, head, ...size(batch) }),
    ] as const;
  });
  const weights = adversary.parameters.map((parameter) => parameter.weight);
  let losses: StepLosses = {};
  for (let k = 0; k < adversary.steps; k++) {
    tf.dispose(losses);
    losses = {};
    const update = record(() => {
      const d = discriminatorLoss({ real, fake }, refereeOptions(scene, adversary));
      losses["loss/d"] = tf.keep(d.loss);
      losses["d/real"] = tf.keep(d.real);
      losses["d/fake"] = tf.keep(d.fake);
      losses["d/accuracy"] = tf.keep(d.accuracy);
      return d.loss.clone();
    });
    const one = tf.scalar(1);
    adversary.optimizer.apply(update.backward(one, weights), rates.discriminator);
    tf.dispose([one, update.value]);
  }
  tf.dispose([real, fake]);
  return losses;
}

/** T_g, which only `temperature` mode lets differ from 1. */
function generatorTemperature(adversary: Adversary | null): number {
  return adversary?.config.mode === "temperature" ? adversary.config.tg : 1;
}

function refereeOptions(scene: Scene, adversary: Adversary): RefereeOptions {
  const { model: discriminator, game, config } = adversary;
  return { discriminator, game, config, map: scene.map, valid: scene.batch.valid };
}

function size(batch: Batch): { height: number; width: number } {
  return { height: batch.images.shape[1], width: batch.images.shape[2] };
}
