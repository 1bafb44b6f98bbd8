/**
 * The adversarial half of Algorithm 1: how D judges G's maps, and learns to.
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot } from "../engine/ops/one_hot.ts";
import { record, type Recording } from "../engine/tape.ts";
import {
  judgeFake,
  judgeForGenerator,
  type Judgement,
  judgeReal,
  lookAt,
  type RefereeOptions,
} from "../losses/adversarial/discriminator_outputs.ts";
import { probabilityMap } from "../models/probability_map.ts";
import type { UpsampleOrder } from "../models/segmentation_model.ts";
import { GradientSum } from "../optim/gradient_sum.ts";
import type { Adversary, StepLosses } from "./train_step.ts";

/** What is judged. */
export interface Scene {
  adversary: Adversary;
  /** G's logits `[b, h/s, w/s, c]`, which softmax and upsampling (`upsampleOrder`) turn into maps. */
  logits: tf.Tensor4D;
  upsampleOrder: UpsampleOrder;
  classes: number;
  /** int32 `[b, h, w]`. */
  labels: tf.Tensor3D;
  /** Valid mask `[b, h, w, 1]` and the number of its ones. */
  map: tf.Tensor4D;
  valid: number;
  /** Valid mask of the whole batch, if this is a part of one; `valid` counts its ones then. */
  whole?: tf.Tensor4D;
}

/**
 * Plays one round: α·L_G for G, and k updates of D on L_D, for which the predicted maps are
 * constants.
 *
 * Where L_G and L_D see the same maps through the same D (T_g = T_d, `lgTiming: before`), D looks
 * at them once, and both losses are traced back through that look.
 *
 * @param options `update` is given the gradients of D's weights, which it consumes, for each update.
 * @returns d(α·L_G) / d(logits) and the losses, owned by the caller.
 */
export function playGame(
  scene: Scene,
  options: { update(gradients: (tf.Tensor | null)[]): void },
): { gradient: tf.Tensor; losses: StepLosses } {
  const { config, steps, parameters } = scene.adversary;
  const { tg, td } = temperatures(scene.adversary);
  const isShared = tg === td && config.lgTiming === "before" && !config.frozenBatchNorm;
  const weights = parameters.map(({ weight }) => weight);

  let asked = config.lgTiming === "before" && !isShared ? ask(scene) : null;
  let losses: StepLosses = {};
  for (let k = 0; k < steps; k++) {
    tf.dispose(losses);
    const real = judge(lookAtLabels(scene), { scene, weights, judgement: judgeReal });
    const look = lookAtMaps(scene, { temperature: td, learns: true });
    if (isShared && k === 0) asked = judgeG(look, scene);
    const fake = judge(look, { scene, weights, judgement: judgeFake });
    const sum = new GradientSum();
    sum.add(real.gradients);
    sum.add(fake.gradients);
    options.update(sum.take());
    losses = lossesOf(real, fake);
  }
  const { gradient, loss } = asked ?? ask(scene);
  return { gradient, losses: { "loss/gen": loss, ...losses } };
}

/** T_g and T_d, which only mode `temperature` lets differ from 1. */
export function temperatures(adversary: Adversary | null): { tg: number; td: number } {
  return adversary?.config.mode === "temperature" ? adversary.config : { tg: 1, td: 1 };
}

/** d(scalar) / d(x) of a recorded scalar, and 0 where it does not depend on x. */
export function gradientAt(x: tf.Tensor, scalar: Recording): tf.Tensor {
  const one = tf.scalar(1);
  const [gradient] = scalar.backward(one, [x]);
  one.dispose();
  return gradient ?? tf.zerosLike(x);
}

/** L_G by a look of its own. */
function ask(scene: Scene): { gradient: tf.Tensor; loss: tf.Scalar } {
  const { tg } = temperatures(scene.adversary);
  const look = lookAtMaps(scene, { temperature: tg, learns: false });
  const asked = judgeG(look, scene);
  look.value.dispose();
  look.dispose();
  return asked;
}

/** L_G, and α times its gradient with respect to the logits. The look can be used again. */
function judgeG(look: Recording, scene: Scene): { gradient: tf.Tensor; loss: tf.Scalar } {
  const own = look.value as tf.Tensor4D;
  let loss: tf.Scalar | undefined;
  const weighted = record(() => {
    loss = tf.keep(judgeForGenerator(own, refereeOptions(scene)));
    return tf.mul(loss, scene.adversary.config.alpha);
  });
  const atOwn = gradientAt(own, weighted);
  const [gradient] = look.backward(atOwn, [scene.logits], { keep: true });
  tf.dispose([atOwn, weighted.value]);
  return { gradient: gradient!, loss: loss! };
}

/** One side of L_D with its gradients. */
interface Side extends Judgement {
  gradients: (tf.Tensor | null)[];
}

/** One side of L_D, and its gradients with respect to D's weights. Uses the look up. */
function judge(
  look: Recording,
  options: {
    scene: Scene;
    weights: tf.Variable[];
    judgement: (own: tf.Tensor4D, options: RefereeOptions) => Judgement;
  },
): Side {
  const { scene, weights, judgement } = options;
  const own = look.value as tf.Tensor4D;
  let side: Judgement | undefined;
  const loss = record(() => {
    side = judgement(own, refereeOptions(scene));
    for (const figure of [side.loss, side.mean, side.right]) tf.keep(figure);
    return side.loss.clone();
  });
  const atOwn = gradientAt(own, loss);
  const gradients = look.backward(atOwn, weights);
  tf.dispose([atOwn, own, loss.value]);
  return { ...side!, gradients };
}

/** D's look at the labels. */
function lookAtLabels(scene: Scene): Recording {
  return record(() => {
    const maps = oneHot(scene.labels, scene.classes) as tf.Tensor4D;
    return lookAt(maps, { ...refereeOptions(scene), updateStatistics: true });
  });
}

/** D's look at G's maps, from the logits on; `learns`: as in its own update. */
function lookAtMaps(
  scene: Scene,
  { temperature, learns }: { temperature: number; learns: boolean },
): Recording {
  const { logits, upsampleOrder, adversary, labels } = scene;
  const [, height, width] = labels.shape;
  const batchStatistics = learns || !adversary.config.frozenBatchNorm;
  return record(() => {
    const maps = probabilityMap(logits, { temperature, upsampleOrder, height, width });
    return lookAt(maps, { ...refereeOptions(scene), batchStatistics, updateStatistics: learns });
  });
}

/** What both sides of L_D say together. */
function lossesOf(real: Judgement, fake: Judgement): StepLosses {
  return tf.tidy(() => {
    const losses = {
      "loss/d": tf.add(real.loss, fake.loss) as tf.Scalar,
      "d/accuracy": tf.mul(tf.add(real.right, fake.right), 0.5) as tf.Scalar,
    };
    tf.dispose([real.loss, fake.loss, real.right, fake.right]);
    return { ...losses, "d/real": real.mean, "d/fake": fake.mean };
  });
}

function refereeOptions({ adversary, map, valid, whole }: Scene): RefereeOptions {
  const { model: discriminator, game, config } = adversary;
  const part = whole === undefined ? {} : { whole };
  return { discriminator, game, config, map, valid, ...part };
}
