/** Weight files that tasks/make_weight_fixtures.py made, and what their networks give. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FOLDER = join(import.meta.dirname!, "../../fixtures/weights");

/** Path of a fixture, unpacked into a folder if it is kept as `.gz`. */
export async function fixture(folder: string, name: string): Promise<string> {
  const path = join(FOLDER, name);
  if (!name.endsWith(".gz")) return path;
  const unpacked = join(folder, name.slice(0, -".gz".length));
  await writeFile(unpacked, gunzipSync(await readFile(path)));
  return unpacked;
}

/** What PyTorch computed for a fixture, in the order of our values. */
export async function expectedOf(name: string): Promise<number[]> {
  const all = JSON.parse(await readFile(join(FOLDER, "expected.json"), "utf8"));
  return all[name];
}

/** A fixture's bytes, changed and written to a file in a folder. */
export async function changed(
  folder: string,
  name: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<string> {
  const bytes = new Uint8Array(await readFile(await fixture(folder, name)));
  const path = join(folder, name.replace(/\.gz$/, ""));
  await writeFile(path, change(bytes));
  return path;
}
