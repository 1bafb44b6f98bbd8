import * as tf from "@tensorflow/tfjs";
import type { Config } from "../../config/config.ts";
import type { Dataset } from "../../data/dataset.ts";
import { openTrainLoader } from "../../data/loader/train_loader.ts";
import { fitFoldedNorms } from "../../models/fit_norms.ts";
import type { InitializationReport } from "../../models/persistence/initialize.ts";
import { uploadBatch } from "../step/upload_batch.ts";
import type { Networks } from "../step/networks.ts";

/** Images that the statistics are taken of, in whole batches. */
const IMAGES = 64;

/**
 * Gives the batch norms that `model.init` has folded into convolutions the statistics of the first
 * training batches, those with which the run begins.
 *
 * @returns One line that says so; none where there are no such norms, or all are frozen.
 */
export async function fitNorms(
  { config, train, repeats, networks, stepsPerEpoch, initialization }: {
    config: Config;
    train: Dataset;
    repeats: readonly number[] | null;
    networks: Networks;
    stepsPerEpoch: number;
    initialization: InitializationReport | null;
  },
): Promise<string[]> {
  const layers = initialization?.folded ?? [];
  if (layers.length === 0) return [];
  const { seed, data } = config;
  const count = Math.min(Math.ceil(IMAGES / data.batch), stepsPerEpoch);
  await using loader = openTrainLoader({ dataset: train, config: data, seed, repeats });

  async function* images(): AsyncGenerator<tf.Tensor4D> {
    let done = 0;
    for await (const batch of loader.batches({ epoch: 0 })) {
      const { images, labels } = uploadBatch(batch, data);
      labels.dispose();
      const parts = tf.split(images, config.train.gradientAccumulation);
      images.dispose();
      yield* parts as tf.Tensor4D[];
      if (++done === count) return;
    }
  }

  const { model } = networks.segmentation;
  const fitted = await fitFoldedNorms(model, { layers, images: images() });
  if (fitted === 0) return [];
  return [
    `${
      initialization!.path
    } has batch norm folded in: ${fitted} layers were given the statistics of ` +
    `${count * data.batch} training images`,
  ];
}
