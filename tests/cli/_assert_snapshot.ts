import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * Compares a text with `__snapshots__/NAME.txt`. With UPDATE_SNAPSHOTS=1 it writes the file
 * instead; look at the difference before committing it.
 */
export async function assertSnapshot(name: string, text: string): Promise<void> {
  const path = fileURLToPath(new URL(`./__snapshots__/${name}.txt`, import.meta.url));
  if (process.env.UPDATE_SNAPSHOTS) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return;
  }
  const expected = await readFile(path, "utf8").catch(() => {
    throw new Error(`There is no snapshot ${path}: run the test with UPDATE_SNAPSHOTS=1`);
  });
  assert.equal(text, expected, `${name} has changed; UPDATE_SNAPSHOTS=1 accepts it`);
}
