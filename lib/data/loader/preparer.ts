import type { DataConfig } from "../../config/config.ts";
import { cacheSamples } from "./cache_samples.ts";
import type { Dataset } from "../dataset.ts";
import { prepareSample } from "../transforms/prepare_sample.ts";

/** One sample of a batch to come, and where it goes. */
export interface Slot {
  epoch: number;
  /** Index of the sample in its data set. */
  index: number;
  image: Uint8Array;
  label: Uint8Array;
}

/** Decodes and augments samples, in this thread or in others. */
export interface Preparer {
  /** Threads beside this one. */
  workers: number;
  /**
   * Fills a slot and returns the number of its pixels that are not ignored.
   *
   * @param group Slots of one group can be cancelled together.
   */
  prepare(slot: Slot, group: object): Promise<number>;
  /** Drops the slots of a group that are not begun; they may reject or stay as they are. */
  cancel(group: object): void;
  close(): Promise<void>;
}

/** What a preparer works on. */
export interface PreparerOptions {
  dataset: Dataset;
  config: DataConfig;
  seed: number;
}

/** Prepares samples in this thread, one after another. */
export function localPreparer(options: PreparerOptions): Preparer {
  const { config, seed } = options;
  const dataset = cached(options.dataset, config.cacheMiB);
  const cancelled = new WeakSet<object>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    workers: 0,
    prepare(slot, group): Promise<number> {
      const done = last.then(async () => {
        if (cancelled.has(group)) throw new Error("Loading was cancelled");
        return prepareSample(await dataset.read(slot.index), { ...slot, dataset, config, seed });
      });
      last = done.catch(() => {});
      return done;
    },
    cancel: (group) => void cancelled.add(group),
    close: () => Promise.resolve(),
  };
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
