import type { Dataset } from "./dataset.ts";

/** How another thread opens the same data set. */
export interface DatasetLocation {
  /** Name of its reader. */
  reader: string;
  /** Module that registers the reader, `null` for the built-in ones. */
  module: string | null;
  dir: string | null;
  split: string;
}

// By identity and not as a property: a changed copy, `{ ...dataset, read }`, must not have it.
const origins = new WeakMap<Dataset, DatasetLocation>();

/** Notes where a data set came from, and returns it. */
export function withLocation(dataset: Dataset, origin: DatasetLocation): Dataset {
  origins.set(dataset, origin);
  return dataset;
}

/** Where a data set came from; `null` for one that only this thread can read. */
export function originOf(dataset: Dataset): DatasetLocation | null {
  return origins.get(dataset) ?? null;
}
