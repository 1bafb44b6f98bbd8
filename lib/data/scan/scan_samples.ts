/**
 * Checks all samples of a split: label values and sizes.
 *
 * @module
 */
import { sha256 } from "../../util/hash.ts";
import type { Dataset } from "../dataset.ts";
import { locationOf } from "../dataset_location.ts";
import { FactsCache } from "./facts_cache.ts";
import { checkSample, type SampleFacts } from "./sample_facts.ts";
import { type ScanProgress, withScanThreads } from "./scan_threads.ts";

/**
 * What checking each of the samples found; of files it is kept between calls.
 *
 * @param indices Samples to check.
 */
export async function scanSamples(
  dataset: Dataset,
  indices: readonly number[],
  onProgress?: ScanProgress,
): Promise<SampleFacts[]> {
  const location = locationOf(dataset);
  const { files } = dataset;
  if (files === undefined || location === null || location.dir === null) {
    const found: SampleFacts[] = [];
    for (const [i, index] of indices.entries()) {
      found.push(await checkSample(dataset, index));
      onProgress?.(i + 1, indices.length);
    }
    return found;
  }
  const { reader, module, classes, layout, hints, orientation, channels } = location;
  // What values depend on beside the files; not on which samples the split has
  const pictures = [orientation, channels];
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
  const threads = { module: program, setup: location, count: indices.length };
  return await withScanThreads<number, SampleFacts, SampleFacts[]>(
    threads,
    async (run, parallel) => {
      const take = (i: number): Promise<SampleFacts> => {
        const index = indices[i]!;
        const name = `sample "${dataset.ids[index]}"`;
        return run(index, { name, here: () => checkSample(dataset, index) });
      };
      const results = await cache.all(pairs, take, {
        parallel,
        onProgress: (done) => onProgress?.(done, indices.length),
      });
      await cache.save();
      return results;
    },
  );
}
