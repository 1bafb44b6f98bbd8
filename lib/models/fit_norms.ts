/**
 * Statistics for batch norms whose weights came without any, folded into convolutions.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BatchNormalization, type BatchStatistics } from "./builders/norms.ts";
import type { SegmentationModel } from "./segmentation_model.ts";

/**
 * Gives batch norms the statistics of their inputs on these images, and γ and β with which they compute
 * by these what they computed before. So a network whose weights had batch norm folded into the
 * convolutions computes in training, where the batch's statistics are taken, about what it computes
 * at inference; there nothing changes but rounding.
 *
 * @param options Names of the layers (`InitializationReport.folded`), and normalised images
 * `[b, h, w, channels]`, which are disposed.
 * @returns How many layers were given statistics: those that training freezes are left out.
 * @throws {RangeError} If there are no images.
 * @example
 * ```ts
 * import { buildModel, tf, useBackend } from "@segadv/segadv";
 * import { fitFoldedNorms } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "unet", width: 1 / 64 }, { classes: 2, seed: 1 });
 * const image = tf.randomUniform<tf.Rank.R4>([1, 16, 16, 3], 0, 1, "float32", 1);
 * const run = (training: boolean) => model.layers.apply(image, { training }) as tf.Tensor;
 * const [before, inTraining] = [run(false), run(true)];
 * assert.ok((await before.sub(inTraining).abs().max().data())[0]! > 0.1);
 *
 * const layers = model.layers.layers.map(({ name }) => name).filter((name) => /_bn\d$/.test(name));
 * await fitFoldedNorms(model, { layers, images: [image.clone()] });
 * assert.ok((await before.sub(run(false)).abs().max().data())[0]! < 1e-3);
 * assert.ok((await before.sub(run(true)).abs().max().data())[0]! < 1e-3);
 * ```
 */
export async function fitFoldedNorms(
  model: SegmentationModel,
  { layers, images }: {
    layers: readonly string[];
    images: Iterable<tf.Tensor4D> | AsyncIterable<tf.Tensor4D>;
  },
): Promise<number> {
  const norms = layers.map((name) => model.layers.getLayer(name))
    .filter((layer) => layer instanceof BatchNormalization)
    .filter(({ isFrozen }) => !isFrozen);
  if (norms.length === 0) return 0;
  const totals = new Map(norms.map((norm) => [norm, new Total()]));
  for await (const batch of images) {
    const statistics = new Map(norms.map(({ name }) => [name, [] as BatchStatistics]));
    const pixels = batch.shape[0];
    tf.tidy(() => void model.layers.apply(batch, { training: false, statistics }));
    batch.dispose();
    for (const norm of norms) {
      for (const { mean, variance } of statistics.get(norm.name)!) {
        totals.get(norm)!.add(await mean.data(), await variance.data(), pixels);
        tf.dispose([mean, variance]);
      }
    }
  }
  for (const [norm, total] of totals) await renormalize(norm, total.finish(norm.name));
  return norms.length;
}

interface Moments {
  mean: number[];
  variance: number[];
}

/** Mean and variance over batches of equally large images. */
class Total {
  #count = 0;
  #sum: Float64Array | null = null;
  /** Of x². */
  #squares = new Float64Array();

  add(mean: ArrayLike<number>, variance: ArrayLike<number>, images: number): void {
    const sum = this.#sum ??= new Float64Array(mean.length);
    if (this.#count === 0) this.#squares = new Float64Array(mean.length);
    this.#count += images;
    for (let c = 0; c < sum.length; c++) {
      sum[c]! += images * mean[c]!;
      this.#squares[c]! += images * (variance[c]! + mean[c]! ** 2);
    }
  }

  finish(layer: string): Moments {
    if (this.#sum === null) throw new RangeError(`Cannot fit ${layer}: there are no images`);
    const mean = Array.from(this.#sum, (value) => value / this.#count);
    const variance = mean.map((m, c) => Math.max(0, this.#squares[c]! / this.#count - m ** 2));
    return { mean, variance };
  }
}

/** Gives a norm these statistics, and γ and β with which it computes what it does now. */
async function renormalize(norm: BatchNormalization, { mean, variance }: Moments): Promise<void> {
  const { epsilon, weights } = norm;
  const parts = ["gamma", "beta", "moving_mean", "moving_variance"];
  const variables = parts.map((part) =>
    weights.find(({ originalName }) => originalName.endsWith(`/${part}`))!
  );
  const [gamma, beta, center, spread] = await Promise.all(
    variables.map((variable) => variable.read().data()),
  );
  // y = scale·x + shift
  const scale = Array.from(gamma!, (g, c) => g / Math.sqrt(spread![c]! + epsilon));
  const shift = scale.map((s, c) => beta![c]! - s * center![c]!);
  const values = [
    scale.map((s, c) => s * Math.sqrt(variance[c]! + epsilon)),
    scale.map((s, c) => s * mean[c]! + shift[c]!),
    mean,
    variance,
  ];
  variables.forEach((variable, i) => {
    const tensor = tf.tensor1d(values[i]!);
    variable.write(tensor);
    tensor.dispose();
  });
}
