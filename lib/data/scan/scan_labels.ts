/**
 * Facts of all label files of a folder.
 *
 * @module
 */
import { join } from "node:path";
import { FactsCache } from "./facts_cache.ts";
import { labelFacts, type LabelScan } from "./label_facts.ts";
import { type ScanProgress, withScanThreads } from "./scan_threads.ts";

/** The facts of label files, by their paths below the folder; kept between calls. */
export async function scanLabels(
  dir: string,
  paths: readonly string[],
  onProgress?: ScanProgress,
): Promise<LabelScan[]> {
  const files = paths.map((path) => ({ path: join(dir, path), key: "" }));
  const cache = await FactsCache.open<LabelScan>(dir, "labels");
  const module = new URL("./_label_worker.ts", import.meta.url);
  const threads = { module, setup: null, count: paths.length };
  return await withScanThreads<string, LabelScan, LabelScan[]>(threads, async (run, parallel) => {
    const take = (i: number): Promise<LabelScan> => {
      const { path } = files[i]!;
      return run(path, { name: `label "${path}"`, here: () => labelFacts(path) });
    };
    const results = await cache.all(files, take, {
      parallel,
      onProgress: (done) => onProgress?.(done, paths.length),
    });
    await cache.save();
    return results;
  });
}
