import { stat } from "node:fs/promises";

/** How many results are kept: the annotation files of two data sets with two splits. */
const KEPT = 4;

const kept = new Map<string, { state: string; result: Promise<unknown> }>();

/**
 * What parsing some files gives, kept while their sizes and times stay the same: opening the splits of
 * a data set one after the other reads its annotations once.
 *
 * @param name What is parsed, and how.
 */
export async function parseOnce<T>(
  name: string,
  paths: readonly string[],
  parse: () => Promise<T>,
): Promise<T> {
  const states: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    states.push(`${path} ${found?.size} ${found?.mtimeMs}`);
  }
  const state = states.join("\n");
  const before = kept.get(name);
  if (before?.state === state) return await (before.result as Promise<T>);
  const result = parse();
  kept.delete(name);
  kept.set(name, { state, result });
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  // What fails is tried again
  return await result.catch((error) => {
    kept.delete(name);
    throw error;
  });
}
