/**
 * The loader of a training run: batches made ahead by threads that live as long as it does.
 *
 * @module
 */
import type { DataConfig } from "../../config/config.ts";
import { randomStream } from "../../util/random.ts";
import { type Batch, type SkippedSample, stepsPerEpoch } from "./batch.ts";
import { chooseWorkers } from "./choose_workers.ts";
import type { Dataset } from "../dataset.ts";
import { loadBatch } from "./load_batch.ts";
import { permutation } from "./permutation.ts";
import { fallbackPreparer } from "./fallback_preparer.ts";
import { localPreparer, type Preparer } from "./preparer.ts";
import { workerPreparer } from "./worker_preparer.ts";

/** What decides the bits of every batch of a run. */
export interface TrainLoaderOptions {
  dataset: Dataset;
  config: DataConfig;
  seed: number;
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
   * (seed, epoch, sample). Bits and order depend neither on the number of workers nor on what was
   * loaded before. While the caller works on a batch, `data.prefetch` more are prepared, one without
   * workers. An iterator that is left early drops what it had asked for.
   *
   * @throws {RangeError} If `startStep` is outside the epoch, or a label is out of range.
   * @throws {Error} If a sample cannot be read; the message names the file.
   */
  batches(options: EpochOptions): AsyncGenerator<Batch>;
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
 * import { loadConfig, openDataset, openTrainLoader } from "@segadv/segadv";
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
export function openTrainLoader({ dataset, config, seed }: TrainLoaderOptions): TrainLoader {
  const steps = stepsPerEpoch(dataset, config.batch);
  const preparer = preparerOf({ dataset, config, seed });
  const damaged = new Map<number, SkippedSample>();

  async function* batches(options: EpochOptions): AsyncGenerator<Batch> {
    const { epoch, startStep = 0, signal } = options;
    if (!(startStep >= 0 && startStep <= steps)) {
      throw new RangeError(`Cannot start at step ${startStep} of an epoch of ${steps} steps`);
    }
    const order = permutation(dataset.ids.length, randomStream(seed, "order", epoch));
    const source = { dataset, config, preparer, epoch, order, damaged, group: {} };
    const waiting: Promise<Batch>[] = [];
    let next = startStep;
    const ask = (count: number): void => {
      while (waiting.length < count && next < steps) {
        const batch = loadBatch(source, next++);
        batch.catch(() => {}); // awaited below; until then a failure is no unhandled rejection
        waiting.push(batch);
      }
    };
    try {
      for (let step = startStep; step < steps; step++) {
        const ahead = preparer.workers > 0 ? config.prefetch : 1;
        ask(preparer.workers > 0 ? 1 + ahead : 1);
        const batch = await orAbort(waiting.shift()!, signal);
        ask(ahead);
        yield batch;
      }
    } finally {
      preparer.cancel(source.group);
    }
  }

  const close = (): Promise<void> => preparer.close();
  return {
    get workers(): number {
      return preparer.workers;
    },
    batches,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function preparerOf(options: TrainLoaderOptions): Preparer {
  const { dataset, config } = options;
  const workers = config.workers ?? chooseWorkers(dataset, config);
  if (workers === 0) return localPreparer(options);
  const threads = workerPreparer(options, { workers });
  return config.workers === null ? fallbackPreparer(threads, localPreparer(options)) : threads;
}

/** Waits for a promise unless the signal comes first. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
