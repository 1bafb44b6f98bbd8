/**
 * Training batches in main memory, before they are uploaded.
 *
 * @module
 */
import type { DataConfig } from "../data_config.ts";
import { DamagedFileError, type Dataset } from "../dataset.ts";
import { mixBatch } from "../transforms/augment.ts";
import { randomStream } from "../../util/random.ts";
import type { EpochOrder } from "./epoch_order.ts";
import type { SampleLoader } from "./sample_loader.ts";
import { whichOf } from "../transforms/prepare_sample.ts";

/** One training batch of crops `[b, h, w]`, in main memory. */
export interface HostBatch {
  /** `images`, then `labels`: what is uploaded, in one piece. Owned by the receiver. */
  bytes: Uint8Array;
  /** Pixels on 0..255, `[b * h * w * channels]`; a view of `bytes`. */
  images: Uint8Array;
  /** Class indices, `[b * h * w]`; 255 is ignored. A view of `bytes`. */
  labels: Uint8Array;
  /** Names of the samples. */
  ids: string[];
  /** Pixels that are not ignored. */
  valid: number;
  /** Damaged samples that others replaced (`data.onCorrupt: "skip"`). */
  skipped: SkippedSample[];
}

/** A sample whose files are damaged. */
export interface SkippedSample {
  id: string;
  /** What is wrong; names the file. */
  message: string;
}

/**
 * Number of batches in an epoch; the last incomplete one is dropped (method.md, "Data").
 *
 * @throws {RangeError} If the data set has fewer samples than a batch.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { stepsPerEpoch } from "@segadv/segadv/data";
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

/** A sample of a batch to come, and where its pixels and labels go. */
export interface TrainingRequest {
  epoch: number;
  /** Index of the sample in its data set. */
  index: number;
  /** Which time it is seen in the epoch, from 0. */
  repetition: number;
  image: Uint8Array;
  label: Uint8Array;
}

/** What the batches of an epoch are made of. */
export interface BatchSource {
  dataset: Dataset;
  config: DataConfig;
  loader: SampleLoader<TrainingRequest, number>;
  seed: number;
  epoch: number;
  order: EpochOrder;
  /** Samples known to be damaged, and how: filled here, so that none is tried twice. */
  damaged: Map<number, SkippedSample>;
  /** What the batch's requests are cancelled by. */
  group: object;
}

/**
 * Makes a batch of the samples at `step * batch` and after in the order. With `onCorrupt: "skip"`,
 * the sample a batch later in the order replaces a damaged one, if that is damaged the one after it,
 * and so on round the epoch: a rule without memory, so that a resumed run follows it too.
 */
export async function loadBatch(source: BatchSource, step: number): Promise<HostBatch> {
  const { config: { batch: size, crop: [height, width], channels } } = source;
  const pixels = height * width;
  const bytes = new Uint8Array(size * pixels * (channels + 1));
  const images = bytes.subarray(0, size * pixels * channels);
  const labels = bytes.subarray(images.length);
  const targets = Array.from({ length: size }, (_, i) => ({
    image: images.subarray(i * pixels * channels, (i + 1) * pixels * channels),
    label: labels.subarray(i * pixels, (i + 1) * pixels),
  }));
  const samples = await Promise.all(targets.map((target, i) => (
    loadInto(source, step * size + i, target)
  )));
  const isMixed = mixBatch(targets.map((target) => ({ ...target, width, height })), {
    augment: source.config.augment,
    rng: (i, ...purpose) => randomStream(source.seed, ...purpose, ...samples[i]!.which),
  });
  return {
    bytes,
    images,
    labels,
    ids: samples.map(({ id }) => id),
    valid: isMixed
      ? labels.reduce((sum, value) => value === 255 ? sum : sum + 1, 0)
      : samples.reduce((sum, { valid }) => sum + valid, 0),
    skipped: samples.flatMap(({ skipped }) => skipped),
  };
}

interface LoadedSample {
  id: string;
  /** What its random numbers are named by. */
  which: number[];
  valid: number;
  skipped: SkippedSample[];
}

async function loadInto(
  source: BatchSource,
  position: number,
  target: Pick<TrainingRequest, "image" | "label">,
): Promise<LoadedSample> {
  const { dataset: { ids, split }, config, loader, epoch, order, damaged, group } = source;
  const skipped: SkippedSample[] = [];
  for (let next = position; skipped.length < ids.length;) {
    const index = order.indices[next]!;
    const repetition = order.repetitions[next]!;
    const id = ids[index]!;
    if (!damaged.has(index)) {
      try {
        const valid = await loader.load({ ...target, epoch, index, repetition }, group);
        return { id, which: whichOf({ epoch, index, repetition }), valid, skipped };
      } catch (error) {
        if (config.onCorrupt === "fail" || !(error instanceof DamagedFileError)) throw error;
        damaged.set(index, { id, message: error.message });
      }
    }
    skipped.push(damaged.get(index)!);
    next = (next + (next === position ? config.batch : 1)) % ids.length;
    if (next === position) next = (next + 1) % ids.length;
  }
  throw new RangeError(
    `Cannot train on split "${split}": each of its ${ids.length} samples is damaged, the first: ` +
      skipped[0]!.message,
  );
}
