/**
 * The batches of a training epoch.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import { type EpochOptions, openTrainLoader, type TrainLoaderOptions } from "./train_loader.ts";

/** What decides the bits of every batch of an epoch. */
export interface TrainBatchesOptions extends TrainLoaderOptions, EpochOptions {}

/**
 * Gives the batches of one epoch by a loader that lives no longer: for epoch after epoch, see
 * {@linkcode openTrainLoader}.
 *
 * @throws {RangeError} If the data set has fewer samples than a batch, or a label is out of range.
 * @throws {Error} If a sample cannot be read; the message names the file.
 * @example
 * ```ts
 * import { loadConfig, openDataset, trainBatches } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const { data: config } = await loadConfig({ preset: "fixtures" });
 * const dataset = await openDataset("fixtures", { split: "train" });
 * let pixels = 0;
 * for await (const batch of trainBatches({ dataset, config, seed: 1, epoch: 0 })) {
 *   pixels += batch.valid;
 * }
 * assert.ok(pixels > 0);
 * ```
 */
export async function* trainBatches(options: TrainBatchesOptions): AsyncGenerator<Batch> {
  const loader = openTrainLoader(options);
  try {
    yield* loader.batches(options);
  } finally {
    await loader.close();
  }
}
