import type { Dataset } from "../dataset.ts";
import type { DatasetLocation } from "../dataset_location.ts";
import { openDataset } from "../registry.ts";

/** Opens, in a thread, the data set that the main thread has open. */
export async function openLocation(origin: DatasetLocation): Promise<Dataset> {
  if (origin.module !== null) await import(origin.module);
  return await openDataset(origin.reader, origin);
}

/**
 * Checks that a sample is the one that the main thread means.
 *
 * @throws {Error} If files came or went since it opened the data set.
 */
export function requireSample({ ids }: Dataset, index: number, { id }: { id: string }): void {
  if (ids[index] === id) return;
  throw new Error(
    `Cannot read sample "${id}": the data set has changed since it was opened, sample ${index} ` +
      `is "${ids[index]}" now`,
  );
}
