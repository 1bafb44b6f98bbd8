/** Weight files that tasks/make_weight_fixtures.py made, and what their networks give. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FOLDER = join(import.meta.dirname!, "../../fixtures/weights");

/** Path of a fixture, unpacked into a folder of its own if it is kept as `.gz`. */
export async function fixture(name: string): Promise<string> {
  const path = join(FOLDER, name);
  if (!name.endsWith(".gz")) return path;
  const dir = await mkdtemp(join(tmpdir(), "segadv-fixture-"));
  const unpacked = join(dir, name.slice(0, -".gz".length));
  await writeFile(unpacked, gunzipSync(await readFile(path)));
  return unpacked;
}

/** What PyTorch computed for a fixture, in the order of our values. */
export async function expectedOf(name: string): Promise<number[]> {
  const all = JSON.parse(await readFile(join(FOLDER, "expected.json"), "utf8"));
  return all[name];
}

/** A fixture's bytes, changed and written to a file of its own. */
export async function changed(
  name: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<string> {
  const bytes = new Uint8Array(await readFile(await fixture(name)));
  const dir = await mkdtemp(join(tmpdir(), "segadv-changed-"));
  const path = join(dir, name.replace(/\.gz$/, ""));
  await writeFile(path, change(bytes));
  return path;
}
