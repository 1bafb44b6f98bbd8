/**
 * The images of a folder.
 *
 * @module
 */
import { join } from "node:path";
import { namesBelow } from "../readers/listing.ts";

/**
 * The paths of all `.jpg`, `.jpeg` and `.png` files in a folder and its subfolders, by name. Links
 * are followed, but to no folder twice; names that begin with a dot are passed over.
 *
 * @throws {RangeError} If a link leads to a folder that is listed already.
 * @throws {Error} If the folder cannot be listed.
 * @example
 * ```ts
 * import { encodePng, listImages } from "@segadv/segadv";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const dir = await mkdtemp(join(tmpdir(), "segadv-"));
 * const pixel = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) } as const;
 * await writeFile(join(dir, "a.png"), encodePng(pixel));
 * await writeFile(join(dir, "notes.txt"), "none");
 * assert.deepEqual(await listImages(dir), [join(dir, "a.png")]);
 * ```
 */
export async function listImages(folder: string): Promise<string[]> {
  const names = (await namesBelow(folder)).filter((name) => /\.(jpe?g|png)$/i.test(name));
  return names.sort().map((name) => join(folder, name));
}
