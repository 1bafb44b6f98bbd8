/**
 * The loader of a training run: batches are prepared ahead in worker threads.
 *
 * @module
 */
import type { DataConfig } from "../data_config.ts";
import { cacheSamples, type Dataset, type Sample, sampleBytes } from "../dataset.ts";
import { prepareSample } from "../transforms/prepare_sample.ts";
import type { TrainingAnswer, TrainingTask, TrainingWork } from "./_loader_worker.ts";
import {
  type HostBatch,
  loadBatch,
  type SkippedSample,
  stepsPerEpoch,
  type TrainingRequest,
} from "./batch.ts";
import { epochOrder } from "./epoch_order.ts";
import { chooseWorkers, type SampleLoader, sampleLoader } from "./sample_loader.ts";

/** What decides the pixels of every batch of a run. */
export interface TrainLoaderOptions {
  dataset: Dataset;
  config: DataConfig;
  seed: number;
  /**
   * How often each sample is to be seen an epoch, as {@linkcode repeatFactors} gives it.
   * @default once
   */
  repeats?: readonly number[] | null;
}

/** Which batches of a run. */
export interface EpochOptions {
  /** Epoch, from 0. */
  epoch: number;
  /**
   * First step of the epoch to give, for a resumed run.
   *
   * @default 0
   */
  startStep?: number;
  /** Ends the wait for a batch: the iterator throws its reason. */
  signal?: AbortSignal | undefined;
}

/** Gives the batches of epoch after epoch. */
export interface TrainLoader extends AsyncDisposable {
  /** Threads that decode and augment; 0: the main one does, by choice or as none can be started. */
  readonly workers: number;
  /**
   * The batches of one epoch in the order that (seed, epoch) decides; augmentation is decided by
   * (seed, epoch, sample). Pixels and order depend neither on the number of workers nor on what was
   * loaded before. While the caller works on a batch, `data.prefetch` more are prepared, one without
   * workers. An iterator that is left early drops its requests.
   *
   * @throws {RangeError} If `startStep` is outside the epoch.
   * @throws {DamagedFileError} If the content of a sample's files is at fault.
   * @throws {Error} If a sample cannot be read; the message names the file.
   */
  batches(options: EpochOptions): AsyncGenerator<HostBatch>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/**
 * Opens a loader as `data.workers` says; its workers start with the first batch, which waits for the
 * first of them only. Decoded samples are kept in memory up to `data.cacheMiB`, all threads together.
 *
 * @throws {RangeError} If the data set has fewer samples than a batch.
 * @throws {TypeError} If workers are asked for that cannot open the data set by themselves.
 * @example
 * ```ts
 * import { loadConfig, openDataset } from "@segadv/segadv";
 * import { openTrainLoader } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const { data } = await loadConfig({ preset: "fixtures", overrides: { "data.workers": 1 } });
 * const dataset = await openDataset("fixtures", { split: "train" });
 * await using loader = openTrainLoader({ dataset, config: data, seed: 1 });
 * for (const epoch of [0, 1]) {
 *   for await (const batch of loader.batches({ epoch })) {
 *     assert.equal(batch.ids.length, data.batch);
 *   }
 * }
 * ```
 */
export function openTrainLoader(options: TrainLoaderOptions): TrainLoader {
  const { dataset, config, seed, repeats } = options;
  const steps = stepsPerEpoch(dataset, config.batch);
  const loader = trainingLoader({ dataset, config, seed });
  const damaged = new Map<number, SkippedSample>();

  async function* batches(options: EpochOptions): AsyncGenerator<HostBatch> {
    const { epoch, startStep = 0, signal } = options;
    if (!(startStep >= 0 && startStep <= steps)) {
      throw new RangeError(`Cannot start at step ${startStep} of an epoch of ${steps} steps`);
    }
    const order = epochOrder(dataset.ids.length, { seed, epoch, repeats });
    const source = { dataset, config, loader, seed, epoch, order, damaged, group: {} };
    const waiting: Promise<HostBatch>[] = [];
    let next = startStep;
    const request = (count: number): void => {
      while (waiting.length < count && next < steps) {
        const batch = loadBatch(source, next++);
        batch.catch(() => {}); // awaited below; until then a failure is no unhandled rejection
        waiting.push(batch);
      }
    };
    try {
      for (let step = startStep; step < steps; step++) {
        const ahead = loader.workers > 0 ? config.prefetch : 1;
        request(loader.workers > 0 ? 1 + ahead : 1);
        const batch = await orAbort(waiting.shift()!, signal);
        request(ahead);
        yield batch;
      }
    } finally {
      loader.cancel(source.group);
    }
  }

  const close = (): Promise<void> => loader.close();
  return {
    get workers(): number {
      return loader.workers;
    },
    batches,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Waits for a promise unless the signal comes first. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What decides the pixels of every batch of an epoch. */
export interface TrainBatchesOptions extends TrainLoaderOptions, EpochOptions {}

/**
 * Gives the batches of one epoch by a loader of its own; for several epochs, see
 * {@linkcode openTrainLoader}.
 *
 * @throws {RangeError} If the data set has fewer samples than a batch.
 * @throws {DamagedFileError} If the content of a sample's files is at fault.
 * @throws {Error} If a sample cannot be read; the message names the file.
 * @example
 * ```ts
 * import { loadConfig, openDataset } from "@segadv/segadv";
 * import { trainBatches } from "@segadv/segadv/data";
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
export async function* trainBatches(options: TrainBatchesOptions): AsyncGenerator<HostBatch> {
  const loader = openTrainLoader(options);
  try {
    yield* loader.batches(options);
  } finally {
    await loader.close();
  }
}

/** Pixels of a batch below which one thread prepares it in a few milliseconds. */
const SMALL_BATCH = 2 ** 17;

/**
 * Fills requests and gives the number of their pixels that are not ignored. Decoded samples are kept
 * in memory up to `data.cacheMiB`, which all threads share.
 *
 * @throws {TypeError} If `data.workers` asks for workers that cannot open the data set.
 */
function trainingLoader(
  { dataset, config, seed }: TrainLoaderOptions,
): SampleLoader<TrainingRequest, number> {
  const pixels = config.batch * config.crop[0] * config.crop[1];
  const workers = config.workers ?? chooseWorkers(dataset, { pixels, least: SMALL_BATCH });
  const { crop, augment, normalize, maxClassShare } = config;
  const work: TrainingWork = {
    kind: "training",
    config: { crop, augment, normalize, maxClassShare },
    seed,
  };
  const local = cached(dataset, config.cacheMiB);
  const kept = new Map<number, Sample>();
  let free = config.cacheMiB * 2 ** 20;
  /** Buffers that have come back: as many as were ever on their way at a time. */
  const buffers: ArrayBuffer[] = [];

  function keep(index: number, sample: Sample): void {
    const bytes = sampleBytes(sample);
    if (bytes > free || kept.has(index)) return;
    free -= bytes;
    kept.set(index, sample);
  }

  return sampleLoader<TrainingRequest, TrainingTask, TrainingAnswer, number>({
    async local(request): Promise<number> {
      const sample = await local.read(request.index);
      return prepareSample(sample, { ...request, dataset, config, seed });
    },
    send({ epoch, index, repetition, image, label }) {
      const buffer = buffers.pop() ?? new ArrayBuffer(image.length + label.length);
      const sample = kept.get(index) ?? null;
      const task = { epoch, repetition, buffer, sample, keepBytes: free };
      return { value: task, transfer: [buffer] };
    },
    receive({ buffer, valid, sample }, { index, image, label }): number {
      image.set(new Uint8Array(buffer, 0, image.length));
      label.set(new Uint8Array(buffer, image.length));
      buffers.push(buffer);
      if (sample !== null) keep(index, sample);
      return valid;
    },
  }, {
    dataset,
    work,
    workers,
    depth: Math.max(2, Math.ceil(config.prefetch * config.batch / workers)),
    fallback: config.workers === null,
  });
}

const caches = new WeakMap<Dataset, { mebibytes: number; dataset: Dataset }>();

/** The data set with a cache of decoded samples, the same one in every epoch. */
function cached(dataset: Dataset, mebibytes: number): Dataset {
  if (mebibytes <= 0) return dataset;
  let entry = caches.get(dataset);
  if (entry?.mebibytes !== mebibytes) {
    entry = { mebibytes, dataset: cacheSamples(dataset, mebibytes) };
    caches.set(dataset, entry);
  }
  return entry.dataset;
}
