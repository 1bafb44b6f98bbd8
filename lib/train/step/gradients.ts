/**
 * What becomes of gradients: accumulation over micro-batches, clipping, loss scaling, updates.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { microBatchCount } from "../../config/run_config.ts";
import { clipGradients } from "../../optim/clip_gradients.ts";
import type { Networks } from "./networks.ts";
import type { Batch, Gradients, StepContext, StepLosses } from "./step_context.ts";

/** A batch, or one of its micro-batches. */
export interface MicroBatch extends Batch {
  /** Which one, from 0. */
  index: number;
  /** Share of the batch: 1 / number of micro-batches. */
  share: number;
  /** Labels of the whole batch, over whose valid pixels means are taken. */
  batchLabels: tf.Tensor3D;
}

/** Runs `pass` over the micro-batches; with one, that is the batch itself. */
export function overMicroBatches(
  batch: Batch,
  context: StepContext,
  pass: (micro: MicroBatch) => { gradients: Gradients; losses: StepLosses },
): { gradients: Gradients; losses: StepLosses } {
  const sum = new GradientSum();
  let losses: StepLosses = {};
  for (const micro of microBatches(batch, microBatchCount(context))) {
    const result = pass(micro);
    sum.add(result.gradients);
    losses = addUp(losses, result.losses);
    if (micro.share < 1) tf.dispose([micro.images, micro.labels]);
  }
  return { gradients: sum.take(), losses };
}

function* microBatches(batch: Batch, count: number): Generator<MicroBatch> {
  const { images, labels, valid } = batch;
  if (count === 1) return yield { ...batch, index: 0, share: 1, batchLabels: labels };
  const [total, height, width] = labels.shape;
  if (total % count !== 0) {
    throw new RangeError(
      `Cannot cut a batch of ${total} into ${count} micro-batches: train.gradientAccumulation ` +
        "must divide it",
    );
  }
  const size = total / count;
  for (let index = 0; index < count; index++) {
    yield {
      images: tf.slice(images, [index * size, 0, 0, 0], [size, height, width, images.shape[3]]),
      labels: tf.slice(labels, [index * size, 0, 0], [size, height, width]),
      valid, // losses are sums over pixels, divided by the valid ones of the batch
      index,
      share: 1 / count,
      batchLabels: labels,
    };
  }
}

/** Adds up the gradients of micro-batches, or of the two terms of a loss. */
export class GradientSum {
  #sum: Gradients | null = null;

  /** Consumes the gradients. */
  add(gradients: Gradients): void {
    const before = this.#sum;
    this.#sum = before === null ? gradients : gradients.map((gradient, i) => {
      const other = before[i]!;
      if (gradient === null || other === null) return gradient ?? other;
      const sum = tf.add(other, gradient);
      tf.dispose([other, gradient]);
      return sum;
    });
  }

  /** The sum, owned by the caller; what follows adds up anew. */
  take(): Gradients {
    const sum = this.#sum ?? [];
    this.#sum = null;
    return sum;
  }
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

/** Takes the gradients of D's weights, which it consumes. */
export interface DiscriminatorUpdate {
  add(gradients: Gradients): void;
  /** Updates D by what micro-batches have added, if anything is left to do. */
  finish(): void;
}

/**
 * D's updates in a step. A batch in one piece updates D at once, as several discriminator steps and
 * `lgTiming: after` need.
 */
export function discriminatorUpdate(
  { discriminator }: Networks,
  context: StepContext,
): DiscriminatorUpdate {
  const { rates } = context;
  const apply = (gradients: Gradients): void =>
    discriminator?.optimizer.apply(gradients, { lr: rates.discriminator });
  if (microBatchCount(context) === 1) return { add: apply, finish: () => {} };
  const sum = new GradientSum();
  return { add: (gradients) => sum.add(gradients), finish: () => apply(sum.take()) };
}

/**
 * Updates the segmentation network, unless its scaled gradients overflowed.
 *
 * @param gradients Consumed.
 * @returns `grad/norm` with a clip norm, `loss/scale` with loss scaling; owned by the caller.
 */
export function updateSegmentation(
  { segmentation: { optimizer }, clipNorm, lossScale }: Networks,
  gradients: Gradients,
  { rates }: StepContext,
): StepLosses {
  const lr = rates.segmentation;
  if (lossScale !== null) {
    const scale = lossScale.value.clone();
    const { control, norm } = lossScale.control(gradients, { clipNorm });
    optimizer.apply(gradients, { lr, control });
    control.dispose();
    return { "loss/scale": scale, ...norm !== null && { "grad/norm": norm } };
  }
  if (clipNorm === null) {
    optimizer.apply(gradients, { lr });
    return {};
  }
  const clipped = clipGradients(gradients, { clipNorm });
  optimizer.apply(clipped.gradients, { lr });
  return { "grad/norm": clipped.norm };
}
