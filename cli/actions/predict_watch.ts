/**
 * Images that appear in folders while `segadv predict --watch` runs.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import {
  exists,
  imagesAt,
  type OutputOptions,
  outputsOf,
  type PredictJob,
} from "./predict_outputs.ts";

/** Milliseconds between two looks; a file is taken once it was the same in two of them. */
const INTERVAL = 1000;

/**
 * Images without a map, or that are newer than theirs, as they come; ends with the signal. A file that
 * is still being written is waited for.
 *
 * @throws {UsageError} If there is no such folder.
 */
export async function* watchFolders(
  options: OutputOptions,
  signal: AbortSignal,
): AsyncGenerator<PredictJob> {
  const seen = new Map<string, string>();
  const done = new Map<string, string>();
  while (!signal.aborted) {
    const found = (await Promise.all(
      options.images.map((path) => imagesAt(path, { out: options.out, mayBeEmpty: true })),
    )).flat();
    for (const job of found) {
      if (signal.aborted) return;
      const { input } = job;
      const state = await stateOf(input);
      if (state === null || done.get(input) === state) continue;
      const isSteady = seen.get(input) === state;
      seen.set(input, state);
      if (!isSteady) continue;
      done.set(input, state);
      if (!await isNewer(input, outputsOf(job, options).map)) continue;
      yield job;
    }
    await delay(INTERVAL, undefined, { signal }).catch(() => {}); // aborted: the loop ends
  }
}

/** Size and time of a file; `null` where it is gone. */
async function stateOf(path: string): Promise<string | null> {
  return await stat(path).then(({ size, mtimeMs }) => `${size} ${mtimeMs}`, () => null);
}

/** Whether a map is not there, or older than its image. */
async function isNewer(image: string, map: string): Promise<boolean> {
  if (!await exists(map)) return true;
  const [own, its] = await Promise.all(
    [stat(image), stat(map)].map((one) => one.catch(() => null)),
  );
  return own != null && its != null && own.mtimeMs > its.mtimeMs;
}
