import { availableParallelism } from "node:os";
import type { DataConfig } from "../config/config.ts";
import type { Dataset } from "./dataset.ts";
import { originOf } from "./_origin.ts";

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
