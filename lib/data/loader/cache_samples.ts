/**
 * Decoded samples kept in memory.
 *
 * @module
 */
import type { Dataset, Sample } from "../dataset.ts";

/**
 * A data set that keeps the samples it has decoded until they fill `mebibytes`, and decodes the
 * others each time. Nothing is evicted: under random order without repetition that keeps the hit
 * rate at its best, the share of the data set that fits. The samples are shared: do not write into
 * them.
 *
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { cacheSamples } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const dataset = cacheSamples(await openDataset("fixtures", { split: "val" }), 16);
 * assert.equal(await dataset.read(0), await dataset.read(0));
 * ```
 */
export function cacheSamples(dataset: Dataset, mebibytes: number): Dataset {
  const kept = new Map<number, Sample>();
  let free = mebibytes * 2 ** 20;
  return {
    ...dataset,
    async read(index): Promise<Sample> {
      const hit = kept.get(index);
      if (hit) return hit;
      const sample = await dataset.read(index);
      const bytes = sampleBytes(sample);
      if (bytes <= free && !kept.has(index)) {
        free -= bytes;
        kept.set(index, sample);
      }
      return sample;
    },
  };
}

/** Bytes of a decoded sample. */
export function sampleBytes({ image, label }: Sample): number {
  return image.data.byteLength + label.data.byteLength;
}
