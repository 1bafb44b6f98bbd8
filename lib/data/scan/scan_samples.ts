/**
 * Checks samples of a split: label values, sizes and contents.
 *
 * @module
 */
import { sha256 } from "../../util/hash.ts";
import type { Dataset } from "../dataset.ts";
import { locationOf } from "../dataset_location.ts";
import { FactsCache } from "./facts_cache.ts";
import { type CheckDepth, checkSample, type SampleFacts } from "./sample_facts.ts";
import { type ScanProgress, withScanThreads } from "./scan_threads.ts";

/** How samples are checked. */
export interface ScanOptions extends Partial<CheckDepth> {
  /** Stops between samples by throwing the signal's reason. */
  signal?: AbortSignal | undefined;
  onProgress?: ScanProgress | undefined;
}

/**
 * What checking each of the samples found; of files it is kept between calls.
 *
 * @param indices Samples to check.
 */
export async function scanSamples(
  dataset: Dataset,
  indices: readonly number[],
  { decodes = false, signal, onProgress }: ScanOptions = {},
): Promise<SampleFacts[]> {
  const location = locationOf(dataset);
  const { files } = dataset;
  const check = (index: number): Promise<SampleFacts> => checkSample(dataset, index, { decodes });
  if (files === undefined || location === null || location.dir === null) {
    const found: SampleFacts[] = [];
    for (const [i, index] of indices.entries()) {
      signal?.throwIfAborted();
      found.push(await check(index));
      onProgress?.(i + 1, indices.length);
    }
    return found;
  }
  const { reader, module, classes, layout, hints, orientation, range, channels } = location;
  // What facts depend on beside the files; not on which samples the split has
  const pictures = [orientation, range, channels];
  const decoding = [reader, module, classes, pictures, dataset.classes, dataset.ignoreLabel, {
    ...layout,
    splits: null,
    uncovered: hints.uncovered ?? null,
  }];
  const how = sha256([new TextEncoder().encode(JSON.stringify(decoding))]).slice(0, 12);
  const pairs = indices.map((index) => {
    const { image, label } = files.call(dataset, index);
    return { path: label, also: image, key: `${how} ${dataset.ids[index]}` };
  });
  const cache = await FactsCache.open<SampleFacts>(location.dir, "samples");
  const program = new URL("./_sample_worker.ts", import.meta.url);
  const threads = { module: program, setup: { location, decodes }, count: indices.length };
  return await withScanThreads<number, SampleFacts, SampleFacts[]>(
    threads,
    async (run, parallel) => {
      const take = (i: number): Promise<SampleFacts> => {
        signal?.throwIfAborted();
        const index = indices[i]!;
        const name = `sample "${dataset.ids[index]}"`;
        return run(index, { name, here: () => check(index) });
      };
      try {
        return await cache.all(pairs, take, {
          parallel,
          suffice: (facts) => !decodes || "shown" in facts,
          onProgress: (done) => onProgress?.(done, indices.length),
        });
      } finally {
        await cache.save();
      }
    },
  );
}
