/**
 * The batches of a training epoch.
 *
 * @module
 */
import type { DataConfig } from "../config/config.ts";
import { randomStream } from "../runtime/random.ts";
import { cacheSamples } from "./cache_samples.ts";
import type { Dataset } from "./dataset.ts";
import { permutation } from "./permutation.ts";
import { prepareSample } from "./prepare_sample.ts";

/** One training batch of crops `[b, h, w]`. */
export interface Batch {
  /** `images`, then `labels`: what is uploaded, in one piece. Owned by the receiver. */
  bytes: Uint8Array;
  /** RGB pixels on 0..255, `[b * h * w * 3]`; a view of `bytes`. */
  images: Uint8Array;
  /** Class indices, `[b * h * w]`; 255 is ignored. A view of `bytes`. */
  labels: Uint8Array;
  /** Names of the samples. */
  ids: string[];
  /** Pixels that are not ignored. */
  valid: number;
}

/** What decides the bits of every batch of an epoch. */
export interface TrainBatchesOptions {
  dataset: Dataset;
  config: DataConfig;
  seed: number;
  /** Epoch, from 0. */
  epoch: number;
  /**
   * First step of the epoch to give, for a resumed run.
   *
   * @default 0
   */
  startStep?: number;
}

/**
 * Number of batches in an epoch; the last incomplete one is dropped (Table 4-1).
 *
 * @throws {RangeError} If the data set has fewer samples than a batch.
 * @example
 * ```ts
 * import { openDataset, stepsPerEpoch } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(stepsPerEpoch(await openDataset("fixtures", { split: "train" }), 5), 4);
 * ```
 */
export function stepsPerEpoch(dataset: Dataset, batch: number): number {
  const steps = Math.floor(dataset.ids.length / batch);
  if (steps < 1) {
    throw new RangeError(
      `Cannot fill a batch of ${batch} from ${dataset.ids.length} samples of split ` +
        `"${dataset.split}": set data.batch to at most ${dataset.ids.length}`,
    );
  }
  return steps;
}

/**
 * Gives the batches of one epoch in the order that (seed, epoch) decides; augmentation is decided
 * by (seed, epoch, sample). One batch is prepared ahead while the caller works on another. Decoded
 * samples are kept in memory, for as long as `dataset` lives, up to `config.cacheMiB`.
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
  const { config, seed, epoch, startStep = 0 } = options;
  const dataset = cached(options.dataset, config.cacheMiB);
  const steps = stepsPerEpoch(dataset, config.batch);
  if (!(startStep >= 0 && startStep <= steps)) {
    throw new RangeError(`Cannot start at step ${startStep} of an epoch of ${steps} steps`);
  }
  const order = permutation(dataset.ids.length, randomStream(seed, "order", epoch));
  const load = (step: number): Promise<Batch> => {
    const indices = order.subarray(step * config.batch, (step + 1) * config.batch);
    const batch = loadBatch(dataset, indices, { config, seed, epoch });
    batch.catch(() => {}); // awaited below; until then a failure is no unhandled rejection
    return batch;
  };
  let next = startStep < steps ? load(startStep) : undefined;
  for (let step = startStep; step < steps; step++) {
    const batch = await next!;
    if (step + 1 < steps) next = load(step + 1);
    yield batch;
  }
}

type LoadOptions = Pick<TrainBatchesOptions, "config" | "seed" | "epoch">;

async function loadBatch(
  dataset: Dataset,
  indices: Uint32Array,
  options: LoadOptions,
): Promise<Batch> {
  const [height, width] = options.config.crop;
  const pixels = height * width;
  const bytes = new Uint8Array(indices.length * pixels * 4);
  const images = bytes.subarray(0, indices.length * pixels * 3);
  const labels = bytes.subarray(images.length);
  const ids: string[] = [];
  let valid = 0;
  for (const [slot, index] of indices.entries()) {
    const sample = await dataset.read(index);
    const image = images.subarray(slot * pixels * 3, (slot + 1) * pixels * 3);
    const label = labels.subarray(slot * pixels, (slot + 1) * pixels);
    valid += prepareSample(sample, { ...options, dataset, index, image, label });
    ids.push(sample.id);
  }
  return { bytes, images, labels, ids, valid };
}

const caches = new WeakMap<Dataset, { mebibytes: number; dataset: Dataset }>();

/** The caching twin of a data set, the same one in every epoch. */
function cached(dataset: Dataset, mebibytes: number): Dataset {
  if (mebibytes <= 0) return dataset;
  let entry = caches.get(dataset);
  if (entry?.mebibytes !== mebibytes) {
    entry = { mebibytes, dataset: cacheSamples(dataset, mebibytes) };
    caches.set(dataset, entry);
  }
  return entry.dataset;
}
