/**
 * Images on disk.
 *
 * @module
 */
import type { RgbImage } from "../dataset.ts";
import { readBytes } from "./read_bytes.ts";
import { decodeImage } from "./decode_image.ts";

/**
 * Reads a JPEG or PNG file; the format is told by its bytes.
 *
 * @throws {Error} If the file cannot be read, or is a pipe or a device; names it.
 * @throws {RangeError} If it has more than 1 GiB, or absurdly many pixels.
 * @throws {SyntaxError} If it is damaged or neither JPEG nor PNG.
 * @example
 * ```ts
 * import { encodePng, readImage } from "@segadv/segadv";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const file = join(await mkdtemp(join(tmpdir(), "segadv-")), "red.png");
 * const data = new Uint8Array([255, 0, 0]);
 * await writeFile(file, encodePng({ width: 1, height: 1, channels: 3, data }));
 * assert.deepEqual(await readImage(file), { width: 1, height: 1, data });
 * ```
 */
export async function readImage(file: string): Promise<RgbImage> {
  return await decodeImage(await readBytes(file), { file });
}
