/**
 * Algorithm 1 of the thesis: one update of the discriminator and one of the segmentation network,
 * from a single forward pass of the latter.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialConfig, GeneratorConfig } from "../config/config.ts";
import { record } from "../engine/tape.ts";
import type { AdversarialLoss } from "../losses/adversarial_loss.ts";
import { locationMap } from "../losses/location_map.ts";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import type { Discriminator } from "../models/discriminator.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { clipGradients } from "./clip_gradients.ts";
import { gradientAt, playGame, temperatures } from "./_game.ts";
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

  // G runs once: all probability maps come from these logits.
  const forward = record(() => generator.model.layers.apply(batch.images, TRAINING) as tf.Tensor);
  const logits = forward.value as tf.Tensor4D;
  const seg = segmentation(players, { logits, batch });
  const game = adversary === null ? null : play(adversary, { players, logits, batch, rates });
  const gradient = game === null ? seg.gradient : tf.add(game.gradient, seg.gradient);

  const weights = generator.parameters.map((parameter) => parameter.weight);
  const { gradients, norm } = clip(forward.backward(gradient, weights), players.config);
  generator.optimizer.apply(gradients, rates.generator);
  tf.dispose([logits, gradient, seg.gradient, ...game === null ? [] : [game.gradient]]);
  return { ...seg.losses, ...game?.losses, ...norm };
}

/** L_seg as a function of the logits: its value and its gradient. */
function segmentation(
  { generator, adversary, config }: Players,
  { logits, batch }: { logits: tf.Tensor4D; batch: Batch },
): { gradient: tf.Tensor; losses: StepLosses } {
  const { head } = generator.model;
  const temperature = config.segTemperature ?? temperatures(adversary).tg;
  const loss = record(() => {
    const options = { temperature, valid: batch.valid, head, kind: config.loss };
    return segmentationLoss({ logits, labels: batch.labels }, options);
  });
  return { gradient: gradientAt(logits, loss), losses: { "loss/seg": loss.value as tf.Scalar } };
}

/** The game on this step's probability maps. */
function play(
  adversary: Adversary,
  step: {
    players: Players;
    logits: tf.Tensor4D;
    batch: Batch;
    rates: { discriminator: number };
  },
): { gradient: tf.Tensor; losses: StepLosses } {
  const { players, logits, batch, rates } = step;
  const map = locationMap(batch.labels);
  const { head, classes } = players.generator.model;
  const scene = { adversary, head, classes, logits, labels: batch.labels, map, valid: batch.valid };
  const outcome = playGame(scene, {
    update: (gradients) => adversary.optimizer.apply(gradients, rates.discriminator),
  });
  map.dispose();
  return outcome;
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
