/**
 * Images that two splits have in common.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256 } from "../../util/hash.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import type { Dataset } from "../dataset.ts";

/** Files whose sizes are asked for at a time. */
const CONCURRENT = 64;

/**
 * Names of samples whose image files are one, or have one content. Only files of equal size are read.
 */
export async function findSharedFiles(
  a: Dataset,
  b: Dataset,
): Promise<[first: string, second: string][]> {
  if (a.files === undefined || b.files === undefined) return [];
  const [own, other] = [await sizesOf(a), await sizesOf(b)];
  const shared: [string, string][] = [];
  const hashes = new Map<string, string>();
  const hashOf = async (path: string): Promise<string> => {
    let hash = hashes.get(path);
    if (hash === undefined) {
      hash = await readBytes(path).then((bytes) => sha256([bytes]), () => path);
      hashes.set(path, hash);
    }
    return hash;
  };
  for (const [size, theirs] of other) {
    const mine = own.get(size) ?? [];
    if (mine.length === 0) continue;
    const byContent = new Map<string, string>();
    for (const { id, path } of mine) byContent.set(await hashOf(path), id);
    for (const { id, path } of theirs) {
      const same = byContent.get(await hashOf(path));
      if (same !== undefined) shared.push([same, id]);
    }
  }
  return shared;
}

/** Image files by their sizes; those that cannot be asked for are found by reading. */
async function sizesOf(dataset: Dataset): Promise<Map<number, { id: string; path: string }[]>> {
  const found = new Map<number, { id: string; path: string }[]>();
  const files = dataset.ids.map((id, i) => ({ id, path: resolve(dataset.files!(i).image) }));
  for (let i = 0; i < files.length; i += CONCURRENT) {
    await Promise.all(
      files.slice(i, i + CONCURRENT).map(async (file) => {
        const size = await stat(file.path).then((entry) => entry.size, () => -1);
        if (size < 0) return;
        const others = found.get(size);
        if (others === undefined) found.set(size, [file]);
        else others.push(file);
      }),
    );
  }
  return found;
}
