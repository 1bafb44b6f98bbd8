/**
 * Where data sets were opened, so that other threads can open the same ones.
 *
 * @module
 */
import type { Dataset } from "./dataset.ts";
import type { DataHints, FolderLayout } from "./layout/folder_layout.ts";
import type { PictureConfig } from "./pictures/resolve_pictures.ts";

/** How another thread opens the same data set. */
export interface DatasetLocation extends PictureConfig {
  /** Name of its reader. */
  reader: string;
  /** Module that registers the reader, `null` for the built-in ones. */
  module: string | null;
  dir: string | null;
  split: string;
  /** How its folder is read; `null` for the readers that know. */
  layout: FolderLayout | null;
  /** What the user said that readers of annotations depend on. */
  hints: DataHints;
  /** Names of its classes in the order that they were matched to; `null`: its own. */
  classes: string[] | null;
}

/** The hints that are sent to other threads: a layout holds what the others have led to. */
export function readerHints({ valFraction, folds, fold, uncovered }: DataHints): DataHints {
  return {
    ...(valFraction !== undefined && { valFraction }),
    ...(folds !== undefined && { folds }),
    ...(fold !== undefined && { fold }),
    ...(uncovered !== undefined && { uncovered }),
  };
}

/** By identity and not as a property: a changed copy, `{ ...dataset, read }`, must not have it. */
export const locations: WeakMap<Dataset, DatasetLocation> = new WeakMap();

/** Where `openDataset()` found a data set; `null` for one that only this thread can read. */
export function locationOf(dataset: Dataset): DatasetLocation | null {
  return locations.get(dataset) ?? null;
}
