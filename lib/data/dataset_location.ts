import type { Dataset } from "./dataset.ts";

/** How another thread opens the same data set. */
export interface DatasetOrigin {
  /** Name of its reader. */
  reader: string;
  /** Module that registers the reader, `null` for the built-in ones. */
  module: string | null;
  dir: string | null;
  split: string;
}

// By identity and not as a property: a changed copy, `{ ...dataset, read }`, must not have it.
const origins = new WeakMap<Dataset, DatasetOrigin>();

/** Notes where a data set came from, and returns it. */
export function withOrigin(dataset: Dataset, origin: DatasetOrigin): Dataset {
  origins.set(dataset, origin);
  return dataset;
}

/** Where a data set came from; `null` for one that only this thread can read. */
export function originOf(dataset: Dataset): DatasetOrigin | null {
  return origins.get(dataset) ?? null;
}
