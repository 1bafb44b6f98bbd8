/**
 * WebP decoding with libwebp (WebAssembly, @jsquash/webp), plus what that lacks: a check of the size
 * before memory is taken, and one for truncation.
 *
 * @module
 */
import { DamagedFileError } from "../dataset.ts";
import { webpOrientation } from "./exif.ts";
import { type DecodeOptions, type ImageFormat, MAX_PIXELS, type Raster } from "./raster.ts";
import { type Codec, dropAlpha, WasmDecoder } from "./_wasm_decoder.ts";

/** WebP, still pictures. */
export const webpFormat: ImageFormat = {
  name: "WebP",
  summary: "lossy and lossless",
  extensions: [".webp"],
  lossy: true,
  matches: (bytes) => textAt(bytes, 0) === "RIFF" && textAt(bytes, 8) === "WEBP",
  decode,
  isDeep: () => false,
  orientation: webpOrientation,
};

const decoder = new WasmDecoder("WebP", {
  arguments: [],
  async create() {
    const module = await import("@jsquash/webp/codec/dec/webp_dec.js");
    return module.default as unknown as Codec;
  },
  // deno-lint-ignore segadv/no-local-resolve -- modules of Node are files
  binary: () => import.meta.resolve("@jsquash/webp/codec/dec/webp_dec.wasm"),
});

async function decode(bytes: Uint8Array, options: DecodeOptions): Promise<Raster> {
  const damaged = (why: string): DamagedFileError =>
    new DamagedFileError(`Cannot decode WebP "${options.file}": ${why}`);
  const header = readHeader(bytes);
  if (header === null) throw damaged("the file is truncated or holds no picture");
  if (header.isAnimated) throw damaged("it is animated: save one frame of it");
  const { width, height } = header;
  const limit = options.maxPixels ?? MAX_PIXELS;
  if (width * height > limit) {
    throw damaged(`${width}x${height} is more than the limit of ${limit} pixels`);
  }
  const { lossy } = header;
  const { image } = await decoder.decode(bytes);
  if (image === null) throw damaged("damaged data");
  if (image.width !== width || image.height !== height) {
    throw damaged(`its headers say ${width}x${height} and ${image.width}x${image.height}`);
  }
  if (isOpaque(image.data)) {
    return { width, height, channels: 3, bitDepth: 8, data: dropAlpha(image.data), lossy };
  }
  const data = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.length);
  return { width, height, channels: 4, bitDepth: 8, data, alpha: true, lossy };
}

function isOpaque(rgba: ImageData["data"]): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i]! < 255) return false;
  return true;
}

/** Size from the first chunk; `null` where the file ends before its chunks do. */
function readHeader(
  bytes: Uint8Array,
): { width: number; height: number; isAnimated: boolean; lossy: boolean } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 30 || view.getUint32(4, true) + 8 > bytes.length) return null;
  const size24 = (at: number): number =>
    (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16) + 1;
  switch (textAt(bytes, 12)) {
    case "VP8X":
      return {
        width: size24(24),
        height: size24(27),
        isAnimated: (bytes[20]! & 2) > 0,
        lossy: !hasChunk(bytes, "VP8L"),
      };
    case "VP8 ":
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
        isAnimated: false,
        lossy: true,
      };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return {
        width: (bits & 0x3fff) + 1,
        height: (bits >>> 14 & 0x3fff) + 1,
        isAnimated: false,
        lossy: false,
      };
    }
    default:
      return null;
  }
}

function hasChunk(bytes: Uint8Array, name: string): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length;) {
    if (textAt(bytes, at) === name) return true;
    const size = view.getUint32(at + 4, true);
    at += 8 + size + size % 2;
  }
  return false;
}

function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
