/**
 * Facts of all pictures of a data set.
 *
 * @module
 */
import { type PictureFacts, pictureFacts } from "../pictures/picture_facts.ts";
import { FactsCache } from "./facts_cache.ts";
import { withScanThreads } from "./scan_threads.ts";

/** The facts of pictures; kept between calls where the data set has a folder. */
export async function scanPictures(
  dir: string | null,
  paths: readonly string[],
): Promise<PictureFacts[]> {
  const cache = dir === null ? null : await FactsCache.open<PictureFacts>(dir, "pictures");
  const module = new URL("./_picture_worker.ts", import.meta.url);
  const threads = { module, setup: null, count: paths.length };
  return await withScanThreads<string, PictureFacts, PictureFacts[]>(
    threads,
    async (run, parallel) => {
      const take = (i: number): Promise<PictureFacts> => {
        const path = paths[i]!;
        return run(path, { name: `picture "${path}"`, here: () => pictureFacts(path) });
      };
      if (cache === null) return await Promise.all(paths.map((_, i) => take(i)));
      const files = paths.map((path) => ({ path, key: "" }));
      const results = await cache.all(files, take, { parallel });
      await cache.save();
      return results;
    },
  );
}
