/**
 * Pictures from files.
 *
 * @module
 */
import type { RgbImage } from "../dataset.ts";
import { decodeImage } from "./decode.ts";
import type { PictureOptions } from "./raster.ts";
import { readBytes } from "./read_bytes.ts";

/**
 * Reads a picture; the format follows from its bytes.
 *
 * @throws {DamagedFileError} If the file is damaged, of no known format, or has more than 1 GiB or
 * 2²⁶ pixels; names it.
 * @throws {Error} If the file cannot be read, or is a pipe or a device; names it.
 * @example
 * ```ts
 * import { encodePng, readImage } from "@segadv/segadv/data";
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
export async function readImage(file: string, options: PictureOptions = {}): Promise<RgbImage> {
  return await decodeImage(await readBytes(file), { ...options, file });
}
