/**
 * What one picture file says about how it may be read.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { decodeRaster } from "../codecs/decode.ts";
import { formatOf } from "../codecs/image_formats.ts";
import { isJpeg } from "../codecs/jpeg.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { type ValueFacts, valueFacts } from "../codecs/to_levels.ts";

/** What one picture file says. */
export interface PictureFacts {
  /** EXIF orientation, 1..8. */
  orientation: number;
  /** Lowest and highest value of a picture of more than 8 bits; `null` for others. */
  values: ValueFacts | null;
}

/** Bytes of a JPEG in which its EXIF lies: first of its segments, at most 64 KiB. */
const JPEG_HEAD = 2 ** 17;

/**
 * Reads what a picture's header says, and of pictures of more than 8 bits the values. One that cannot
 * be read says nothing: reading the sample names the fault.
 */
export async function pictureFacts(file: string): Promise<PictureFacts> {
  try {
    const head = await readHead(file);
    const bytes = isJpeg(head) ? head : await readBytes(file);
    const format = formatOf(bytes);
    if (format === null) return NOTHING;
    const orientation = format.orientation(bytes);
    if (!format.isDeep(bytes)) return { orientation, values: null };
    return { orientation, values: valueFacts(await decodeRaster(bytes, { file })) };
  } catch {
    return NOTHING;
  }
}

const NOTHING: PictureFacts = { orientation: 1, values: null };

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    if (!(await handle.stat()).isFile()) return new Uint8Array(0);
    const buffer = new Uint8Array(JPEG_HEAD);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
