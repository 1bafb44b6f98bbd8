/**
 * Gradient accumulation: a batch in equal micro-batches, one after the other, whose gradients and
 * losses are summed.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
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
  { gradientAccumulation = 1 }: StepContext,
  pass: (micro: MicroBatch) => { gradients: Gradients; losses: StepLosses },
): { gradients: Gradients; losses: StepLosses } {
  const sum = new GradientSum();
  let losses: StepLosses = {};
  for (const micro of microBatches(batch, gradientAccumulation)) {
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
      images: tf.slice(images, [index * size, 0, 0, 0], [size, height, width, 3]),
      labels: tf.slice(labels, [index * size, 0, 0], [size, height, width]),
      valid, // losses are sums over pixels, divided by the valid ones of the batch
      index,
      share: 1 / count,
      batchLabels: labels,
    };
  }
}

/** Adds up the gradients of micro-batches, or of the two halves of a loss. */
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
