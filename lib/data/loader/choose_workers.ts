import { availableParallelism } from "node:os";
import type { DataConfig } from "../../config/config.ts";
import type { Dataset } from "../dataset.ts";
import type { FitOptions } from "../transforms/fit_image.ts";
import { originOf } from "../dataset_location.ts";

/** More threads than this are rarely kept busy by one network. */
const MOST = 8;

/** Pixels of a batch below which one thread prepares it in a few milliseconds. */
const SMALL = 2 ** 17;

/**
 * How many threads load the data where the configuration leaves it open: one a core but the one that
 * drives the network; none where batches are small, or only this thread can open the data set.
 */
export function chooseWorkers(dataset: Dataset, { batch, crop }: DataConfig): number {
  if (originOf(dataset) === null || batch * crop[0] * crop[1] < SMALL) return 0;
  return Math.min(MOST, availableParallelism() - 1);
}

/** Pixels of a pass over a data set below which threads take longer to start than they save. */
const SHORT = 2 ** 24;

/** Pixels of an image of unknown size: no more than it has, mostly. */
const UNKNOWN = 2 ** 16;

/** The same for a pass over all images, as in a validation. */
export function chooseItemWorkers(dataset: Dataset, { resize = null }: FitOptions): number {
  const pixels = resize === null ? UNKNOWN : resize[0] * resize[1];
  if (originOf(dataset) === null || dataset.ids.length * pixels < SHORT) return 0;
  return Math.min(MOST, availableParallelism() - 1);
}
