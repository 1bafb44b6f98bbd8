/**
 * Algorithm 1 of the thesis: one update of the discriminator and one of the segmentation network,
 * from a single forward pass of the latter.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { AdversarialConfig, GeneratorConfig, TrainConfig } from "../config/config.ts";
import { withPrecision } from "../engine/ops/precision.ts";
import { record } from "../engine/tape.ts";
import type { AdversarialLoss } from "../losses/adversarial/adversarial_loss.ts";
import { validMask } from "../losses/valid_mask.ts";
import { segmentationLoss } from "../losses/segmentation/segmentation_loss.ts";
import type { Discriminator } from "../models/discriminator.ts";
import { forwardTraining } from "../models/forward_training.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { clipGradients } from "../optim/clip_gradients.ts";
import { gradientAt, playGame, temperatures } from "./adversarial_step.ts";
import { GradientSum } from "../optim/gradient_sum.ts";
import type { LossScale } from "../optim/loss_scale.ts";
import type { ControlledOptimizer, Optimizer } from "../optim/optimizers.ts";
import type { Parameter } from "../optim/parameters.ts";

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
  generator: Player<SegmentationModel> & { optimizer: ControlledOptimizer };
  adversary: Adversary | null;
  config: Pick<GeneratorConfig, "loss" | "segTemperature"> & Partial<GeneratorConfig>;
  /** How a batch goes through the networks. @default in one part, everything kept, in 32 bits */
  pass?: Partial<Pick<TrainConfig, "gradientAccumulation" | "gradientCheckpointing" | "precision">>;
  /** What keeps G's gradients within reach of halves; `null` in 32 bits. */
  lossScale?: LossScale | null;
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

/**
 * One training step (thesis chapter 3, Algorithm 1). Updates the weights, batch-norm statistics
 * and optimiser states of the players in place.
 *
 * @param players The networks; in `baseline` mode G alone.
 * @param batch One batch; a batch without a valid pixel has losses of 0 and moves nothing but
 * momentum and L2.
 * @param rates Learning rates of this step.
 * @returns `loss/seg`, in mixed precision `loss/scale`, with `clipNorm` `grad/norm` (before clipping), and with an adversary
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
  const { gradientAccumulation = 1 } = players.pass ?? {};
  const sums = { generator: new GradientSum(), discriminator: new GradientSum() };
  // A batch in one piece lets D move at once, as k > 1 and lgTiming `after` need.
  const update = adversary === null ? null : (gradients: (tf.Tensor | null)[]): void => {
    if (gradientAccumulation > 1) sums.discriminator.add(gradients);
    else adversary.optimizer.apply(gradients, rates.discriminator);
  };

  let losses: StepLosses = {};
  for (const part of partsOf(batch, gradientAccumulation)) {
    setPart(generator.model, part);
    const pass = passOf(players, { ...part, update });
    sums.generator.add(pass.gradients);
    losses = addUp(losses, pass.losses);
    if (gradientAccumulation > 1) tf.dispose([part.images, part.labels]);
  }

  if (gradientAccumulation > 1) {
    adversary?.optimizer.apply(sums.discriminator.take(), rates.discriminator);
  }
  const gradients = sums.generator.take();
  const moved = moveGenerator(players, gradients, { rate: rates.generator });
  return { ...losses, ...moved };
}

/** Updates G, unless its gradients overflowed; tells their norm and the loss scale, if any. */
function moveGenerator(
  { generator, config, lossScale }: Players,
  gradients: (tf.Tensor | null)[],
  options: { rate: number },
): StepLosses {
  if (lossScale == null) {
    const { gradients: clipped, norm } = clip(gradients, config);
    generator.optimizer.apply(clipped, options.rate);
    return norm;
  }
  const scale = lossScale.value.clone();
  const { control, norm } = lossScale.judge(gradients, { clipNorm: config.clipNorm ?? null });
  generator.optimizer.apply(gradients, options.rate, { control });
  control.dispose();
  return { "loss/scale": scale, ...norm === null ? {} : { "grad/norm": norm } };
}

/** One way through G and back, with all or a part of the batch. */
function passOf(players: Players, part: Part & PassOptions): {
  gradients: (tf.Tensor | null)[];
  losses: StepLosses;
} {
  const { generator, adversary } = players;
  const { gradientCheckpointing = false, precision = "f32" } = players.pass ?? {};
  // G runs once: all probability maps come from these logits.
  const forward = withPrecision(
    precision,
    () => record(() => forwardTraining(generator.model, part.images, { gradientCheckpointing })),
  );
  const logits = forward.value as tf.Tensor4D;
  const seg = segmentation(players, { logits, part });
  const game = adversary === null ? null : play(adversary, { players, logits, part });
  const gradient = game === null ? seg.gradient : tf.add(game.gradient, seg.gradient);

  const weights = generator.parameters.map((parameter) => parameter.weight);
  const scaled = players.lossScale?.multiply(gradient) ?? gradient;
  // What is as large as the images is gone before all activations' gradients come
  const parts = [gradient, seg.gradient, ...game === null ? [] : [game.gradient]];
  tf.dispose([logits, ...parts.filter((part) => part !== scaled)]);
  const consume = { consume: true };
  const gradients = withPrecision(precision, () => forward.backward(scaled, weights, consume));
  return { gradients, losses: { ...seg.losses, ...game?.losses } };
}

/** L_seg as a function of the logits: its value and its gradient. */
function segmentation(
  { generator, adversary, config }: Players,
  { logits, part }: { logits: tf.Tensor4D; part: Part },
): { gradient: tf.Tensor; losses: StepLosses } {
  const { upsampleOrder } = generator.model;
  const temperature = config.segTemperature ?? temperatures(adversary).tg;
  const loss = record(() => {
    const options = { temperature, valid: part.valid, upsampleOrder, kind: config.loss };
    return segmentationLoss({ logits, labels: part.labels }, options);
  });
  return { gradient: gradientAt(logits, loss), losses: { "loss/seg": loss.value as tf.Scalar } };
}

/** The game on these probability maps. */
function play(
  adversary: Adversary,
  pass: { players: Players; logits: tf.Tensor4D; part: Part & PassOptions },
): { gradient: tf.Tensor; losses: StepLosses } {
  const { players, logits, part } = pass;
  const { labels, valid, whole, update } = part;
  const { upsampleOrder, classes } = players.generator.model;
  const map = validMask(labels);
  const wholeMap = whole === undefined ? {} : { whole: validMask(whole) };
  const scene = { adversary, upsampleOrder, classes, logits, labels, map, valid, ...wholeMap };
  const outcome = playGame(scene, { update: update! });
  tf.dispose([map, wholeMap]);
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

/** A batch, or one of the parts that it is taken in. */
interface Part extends Batch {
  /** Which part, from 0. */
  index: number;
  /** The labels of the whole batch, over whose pixels means are taken, if this is a part. */
  whole?: tf.Tensor3D;
}

/** Where the gradients of D's weights go. */
interface PassOptions {
  update: ((gradients: (tf.Tensor | null)[]) => void) | null;
}

/** Cuts a batch into equal parts; their tensors are the caller's, unless it is the batch itself. */
function* partsOf(batch: Batch, count: number): Generator<Part> {
  if (count === 1) return yield { ...batch, index: 0 };
  const { images, labels, valid } = batch;
  const [total, height, width] = labels.shape;
  if (total % count !== 0) {
    throw new RangeError(
      `Cannot take a batch of ${total} in ${count} equal parts: train.gradientAccumulation must divide it`,
    );
  }
  const size = total / count;
  for (let index = 0; index < count; index++) {
    yield {
      images: tf.slice(images, [index * size, 0, 0, 0], [size, height, width, 3]),
      labels: tf.slice(labels, [index * size, 0, 0], [size, height, width]),
      valid, // all losses are sums over pixels, divided by the valid ones of the batch
      index,
      whole: labels,
    };
  }
}

/** Lets the part's dropout masks be its share of the batch's. */
function setPart({ dropout }: SegmentationModel, { index, whole }: Part): void {
  if (dropout === undefined) return;
  if (whole === undefined) delete dropout.part;
  else dropout.part = index;
}

/** Sums of scalars by name; consumes both. */
function addUp(sums: StepLosses, losses: StepLosses): StepLosses {
  if (Object.keys(sums).length === 0) return losses;
  return Object.fromEntries(
    Object.entries(losses).map(([key, loss]) => {
      const sum = tf.add<tf.Scalar>(sums[key]!, loss);
      tf.dispose([sums[key]!, loss]);
      return [key, sum];
    }),
  );
}
