/**
 * JPEG decoding with mozjpeg's own code (WebAssembly, @jsquash/jpeg), plus what that lacks: a check
 * of the size before memory is taken, a check for truncation, and four-colour files.
 *
 * @module
 */
import createDecoder from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import { DamagedFileError, type RgbImage } from "../dataset.ts";
import { jpegOrientation } from "./exif.ts";
import { type DecodeOptions, type ImageFormat, MAX_PIXELS } from "./raster.ts";
import { decodeCmyk } from "./_jpeg_cmyk.ts";
import { type Codec, dropAlpha, WasmDecoder } from "./_wasm_decoder.ts";
import { printable } from "../../util/format.ts";

/** Warnings of libjpeg that mean lost pixels; the others are harmless. */
const FATAL = /premature end|bad huffman|bogus|unsupported marker/i;

/** Pixels times scans: a progressive file has about ten, a malicious one thousands of empty ones. */
const MAX_SCANNED = 2 ** 30;

/** Makes an error that names the file. */
type Damaged = (why: string) => DamagedFileError;

/** JPEG. */
export const jpegFormat: ImageFormat = {
  name: "JPEG",
  summary: "grey, RGB, CMYK; baseline, progressive, arithmetic",
  extensions: [".jpg", ".jpeg"],
  lossy: true,
  matches: isJpeg,
  async decode(bytes, options) {
    return { ...await decodeJpeg(bytes, options), channels: 3, bitDepth: 8 };
  },
  isDeep: () => false,
  orientation: jpegOrientation,
};

/** Whether the bytes start with the JPEG signature. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a baseline or progressive JPEG, grey, colour or CMYK, to RGB. Pixels equal
 * libjpeg-turbo's (those of CMYK within one level, without colour profile), as stored: the EXIF
 * orientation is not applied.
 *
 * @throws {DamagedFileError} If the bytes are no JPEG, damaged or truncated, or the image has more
 * than `maxPixels` pixels; the message names the file.
 * @example
 * ```ts
 * import { decodeJpeg } from "@segadv/segadv/data";
 * import encodeJpeg from "@jsquash/jpeg/encode.js";
 * import assert from "node:assert/strict";
 *
 * const white = new ImageData(new Uint8ClampedArray(8 * 8 * 4).fill(255), 8, 8);
 * const bytes = new Uint8Array(await encodeJpeg(white));
 * const image = await decodeJpeg(bytes, { file: "white.jpg" });
 * assert.deepEqual([image.width, image.height, image.data[0]], [8, 8, 255]);
 * ```
 */
export async function decodeJpeg(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  const damaged: Damaged = (why) =>
    new DamagedFileError(`Cannot decode JPEG "${options.file}": ${printable(why)}`);
  const header = readJpegHeader(bytes, damaged);
  const fourColors = header.components === 4;
  // Four colours are decoded in JavaScript, with all coefficients in memory: four times the space.
  const limit = (options.maxPixels ?? MAX_PIXELS) / (fourColors ? 4 : 1);
  if (header.width * header.height > limit) {
    throw damaged(`${header.width}x${header.height} is more than the limit of ${limit} pixels`);
  }
  if (header.width * header.height * header.scans > MAX_SCANNED) {
    throw damaged(`${header.scans} scans of ${header.width}x${header.height} would take minutes`);
  }
  if (fourColors) return decodeFourColors(bytes, damaged);
  if (header.components !== 1 && header.components !== 3) {
    throw damaged(
      `${header.components} colour components are not supported: convert the file to RGB`,
    );
  }
  const rgba = await runDecoder(bytes, damaged);
  const { width, height } = rgba;
  const data = dropAlpha(rgba.data);
  return { width, height, data };
}

function decodeFourColors(bytes: Uint8Array, damaged: Damaged): RgbImage {
  try {
    return decodeCmyk(bytes);
  } catch (error) {
    const known = error instanceof SyntaxError;
    throw damaged(known ? error.message : "damaged data");
  }
}

const decoder = new WasmDecoder("JPEG", {
  arguments: [false], // the orientation is not applied
  create: () => Promise.resolve(createDecoder as unknown as Codec),
  // deno-lint-ignore segadv/no-local-resolve -- modules of Node are files
  binary: () => import.meta.resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
});

async function runDecoder(bytes: Uint8Array, damaged: Damaged): Promise<ImageData> {
  const { image, warnings } = await decoder.decode(bytes);
  const fatal = warnings.find((line) => FATAL.test(line));
  if (!image || fatal) throw damaged(fatal ?? warnings[0] ?? "damaged data");
  return image;
}

/** Size, number of colour components and number of scans of a JPEG. */
interface JpegHeader {
  width: number;
  height: number;
  components: number;
  scans: number;
}

/**
 * Reads the frame header and follows the markers to the end of the image.
 *
 * @throws {DamagedFileError} If the stream is no JPEG or ends before its end marker.
 */
function readJpegHeader(bytes: Uint8Array, damaged: Damaged): JpegHeader {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) {
    throw damaged("the file does not start with the JPEG signature");
  }
  let header: JpegHeader | undefined;
  let scans = 0;
  for (let at = 2;;) {
    at = nextMarker(bytes, at);
    if (at < 0) throw damaged("file truncated before its end marker");
    const marker = bytes[at + 1]!;
    if (marker === 0xd9) break;
    if (at + 4 > bytes.length) throw damaged("file truncated in a marker");
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length < 2 || at + 2 + length > bytes.length) {
      throw damaged(`file truncated in marker 0x${marker.toString(16)}`);
    }
    if (isFrame(marker)) {
      if (length < 8) throw damaged("the frame header is too short");
      header ??= {
        height: (bytes[at + 5]! << 8) | bytes[at + 6]!,
        width: (bytes[at + 7]! << 8) | bytes[at + 8]!,
        components: bytes[at + 9]!,
        scans: 0,
      };
    }
    if (marker === 0xda) scans++;
    at += 2 + length;
  }
  if (header) header.scans = scans;
  if (!header || scans === 0) throw damaged("the file holds no image");
  if (header.width === 0 || header.height === 0) {
    throw damaged(`size ${header.width}x${header.height} is empty`);
  }
  return header;
}

/** Start-of-frame markers: 0xC0..0xCF without DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Position of the next 0xFF that starts a marker with meaning, or −1 at the end of the bytes. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = from;; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) return -1;
    const marker = bytes[at + 1]!;
    // 00 is a stuffed byte, FF is padding, D0..D7 are restarts inside the data, 01 is reserved.
    const meaningful = marker > 0x01 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7);
    if (meaningful) return at;
  }
}
