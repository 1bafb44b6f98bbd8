/**
 * TIFF and BigTIFF: the first picture, of any number of channels, in strips or tiles. Written here,
 * as none of npm's decoders held up: `tiff` mixes up tiles of several samples and refuses an
 * orientation, `utif2` unpacks whatever a file promises, `geotiff` brings eight packages.
 *
 * @module
 */
import { printable } from "../../util/format.ts";
import { DamagedFileError } from "../dataset.ts";
import { validOrientation } from "./exif.ts";
import {
  type DecodeOptions,
  type ImageFormat,
  MAX_PIXELS,
  type Raster,
  type RasterData,
} from "./raster.ts";
import { checkCompression, isJpegLayout, unpackBlock, unpackJpegBlock } from "./_tiff_blocks.ts";
import { isTiff, readFields, readLayout, type TiffLayout } from "./_tiff_directory.ts";

/** TIFF, of which the first page counts. */
export const tiffFormat: ImageFormat = {
  name: "TIFF",
  summary:
    "first page; 1 to 32 bits and floats, any number of channels; LZW, deflate, PackBits, JPEG",
  extensions: [".tif", ".tiff"],
  lossy: false,
  matches: isTiff,
  async decode(bytes, options) {
    try {
      return await decode(bytes, options);
    } catch (error) {
      if (error instanceof DamagedFileError) throw error;
      const why = error instanceof SyntaxError ? error.message : "damaged data";
      throw new DamagedFileError(`Cannot decode TIFF "${options.file}": ${printable(why)}`);
    }
  },
  isDeep(bytes) {
    try {
      const { bits, format } = readLayout(bytes);
      return bits > 8 || format !== "unsigned";
    } catch {
      return false;
    }
  },
  orientation(bytes) {
    try {
      return validOrientation(readFields(bytes).fields.get(274)?.[0] ?? 1);
    } catch {
      return 1;
    }
  },
};

/** Bytes of samples that one picture may have. */
const MAX_BYTES = 2 ** 30;
/** More than LZW or deflate can expand by: a header that promises more is refused at once. */
const MAX_EXPANSION = 1400;
/** Blocks may reach beyond the picture, but not have many times its pixels. */
const MAX_EXCESS = 4;

async function decode(bytes: Uint8Array, options: DecodeOptions): Promise<Raster> {
  const layout = readLayout(bytes);
  const { width, height, samples, bits, block } = layout;
  const maxPixels = options.maxPixels ?? MAX_PIXELS;
  if (width * height > maxPixels) {
    throw new SyntaxError(`${width}x${height} is more than the limit of ${maxPixels} pixels`);
  }
  const across = Math.ceil(width / block.width);
  const down = Math.ceil(height / block.height);
  const padded = across * block.width * down * block.height;
  if (
    width * height * samples * Math.ceil(bits / 8) > MAX_BYTES ||
    padded > Math.max(maxPixels, MAX_EXCESS * width * height)
  ) {
    throw new SyntaxError(
      `${width}x${height} with ${samples} samples of ${bits} bits is more than the limit of 1 GiB`,
    );
  }
  checkCompression(layout);
  if (layout.photometric === 6 && !isJpegLayout(layout)) {
    throw new SyntaxError("YCbCr without JPEG is not supported: save it as RGB");
  }
  const planes = layout.planar ? samples : 1;
  if (layout.offsets.length < across * down * planes) {
    throw new SyntaxError(`${layout.offsets.length} of ${across * down * planes} blocks are there`);
  }
  const packedBytes = layout.byteCounts.reduce((sum, count) => sum + count, bytes.length);
  if (width * height * samples * bits / 8 > packedBytes * MAX_EXPANSION + 2 ** 20) {
    throw new SyntaxError(`${bytes.length} bytes cannot hold ${width}x${height} pixels`);
  }
  const data = arrayFor(layout);
  for (let index = 0; index < across * down * planes; index++) {
    const place = index % (across * down);
    const [x, y] = [place % across * block.width, Math.floor(place / across) * block.height];
    const rows = block.full ? block.height : Math.min(block.height, height - y);
    const shape = { width: block.width, rows, samples: layout.planar ? 1 : samples };
    const packed = blockAt(bytes, layout, { index, only: across * down * planes === 1 });
    // A block that was never written is empty
    if (packed === null) continue;
    const values = isJpegLayout(layout)
      ? await unpackJpegBlock(packed, layout, { ...shape, ...options })
      : valuesOf(unpackBlock(packed, layout, shape), layout, shape);
    place2d(values, data, { layout, x, y, shape, first: Math.floor(index / (across * down)) });
  }
  return { ...finish(data, layout), lossy: isJpegLayout(layout) };
}

/** The packed bytes of a block; `null` where there are none. */
function blockAt(
  bytes: Uint8Array,
  { offsets, byteCounts }: TiffLayout,
  { index, only }: { index: number; only: boolean },
): Uint8Array | null {
  const offset = offsets[index]!;
  const count = byteCounts[index] ?? (only ? bytes.length - offset : 0);
  if (offset === 0 || count === 0) return null;
  if (offset + count > bytes.length) throw new SyntaxError("the file is truncated");
  return bytes.subarray(offset, offset + count);
}

type ArrayOf<T> = { new (length: number): T; new (buffer: ArrayBuffer): T };

const ARRAYS: Record<string, ArrayOf<RasterData>> = {
  "unsigned 8": Uint8Array as ArrayOf<Uint8Array>,
  "unsigned 16": Uint16Array as ArrayOf<Uint16Array>,
  "unsigned 32": Uint32Array as ArrayOf<Uint32Array>,
  "signed 8": Int8Array as ArrayOf<Int8Array>,
  "signed 16": Int16Array as ArrayOf<Int16Array>,
  "signed 32": Int32Array as ArrayOf<Int32Array>,
  "float 32": Float32Array as ArrayOf<Float32Array>,
  "float 64": Float64Array as ArrayOf<Float64Array>,
};

function typeOf({ format, bits }: TiffLayout): ArrayOf<RasterData> {
  return ARRAYS[`${format} ${Math.max(8, bits)}`]!;
}

function arrayFor(layout: TiffLayout): RasterData {
  const isJpeg = isJpegLayout(layout);
  if (isJpeg && !(layout.bits === 8 && (layout.samples === 1 || layout.samples === 3))) {
    throw new SyntaxError(
      `JPEG of ${layout.samples} samples of ${layout.bits} bits is not supported`,
    );
  }
  return new (typeOf(layout))(layout.width * layout.height * layout.samples);
}

interface Shape {
  width: number;
  rows: number;
  samples: number;
}

/** A block's samples, one array element each. */
function valuesOf(bytes: Uint8Array, layout: TiffLayout, shape: Shape): RasterData {
  const { bits } = layout;
  if (bits >= 8) return new (typeOf(layout))(bytes.buffer as ArrayBuffer);
  const row = shape.width * shape.samples;
  const stride = Math.ceil(row * bits / 8);
  const values = new Uint8Array(row * shape.rows);
  const mask = (1 << bits) - 1;
  for (let i = 0; i < values.length; i++) {
    const bit = i % row * bits;
    values[i] = bytes[Math.floor(i / row) * stride + (bit >> 3)]! >> 8 - bits - (bit & 7) & mask;
  }
  return values;
}

/** Copies what of a block lies in the picture. */
function place2d(
  values: RasterData,
  data: RasterData,
  { layout: { width, height, samples }, x, y, shape, first }: {
    layout: TiffLayout;
    x: number;
    y: number;
    shape: Shape;
    first: number;
  },
): void {
  const columns = Math.min(shape.width, width - x);
  const step = shape.samples;
  for (let row = 0; row < Math.min(shape.rows, height - y); row++) {
    const from = row * shape.width * step;
    const to = ((y + row) * width + x) * samples;
    if (step === samples) data.set(values.subarray(from, from + columns * step), to);
    else for (let i = 0; i < columns; i++) data[to + i * samples + first] = values[from + i]!;
  }
}

/** Colour models as grey, RGB or a palette. */
function finish(data: RasterData, layout: TiffLayout): Raster {
  const { width, height, samples, bits, format, photometric, palette, alpha } = layout;
  if (photometric === 0 && format === "unsigned") {
    const most = 2 ** bits - 1;
    for (let i = 0; i < data.length; i++) data[i] = most - data[i]!;
  }
  if (photometric === 5) return { width, height, ...rgbOf(data, layout), bitDepth: 8 };
  if (alpha === "premultiplied" && format === "unsigned") undoPremultiplied(data, samples);
  return {
    width,
    height,
    channels: samples,
    bitDepth: bits,
    data,
    ...(alpha !== "none" && { alpha: true }),
    ...(palette !== null && { palette }),
  };
}

function rgbOf(
  data: RasterData,
  { samples, bits, format }: TiffLayout,
): Pick<Raster, "channels" | "data"> {
  if (bits !== 8 || format !== "unsigned") {
    throw new SyntaxError(`CMYK of ${bits} bits is not supported: save it as RGB`);
  }
  const pixels = data.length / samples;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const light = 255 - data[i * samples + 3]!;
    for (let c = 0; c < 3; c++) {
      rgb[i * 3 + c] = light - Math.round(data[i * samples + c]! * light / 255);
    }
  }
  return { channels: 3, data: rgb };
}

/** Colours as they are without their alpha. */
function undoPremultiplied(data: RasterData, samples: number): void {
  const most = 2 ** (data.BYTES_PER_ELEMENT * 8) - 1;
  for (let i = 0; i < data.length; i += samples) {
    const alpha = data[i + samples - 1]!;
    if (alpha === 0 || alpha === most) continue;
    for (let c = 0; c < samples - 1; c++) {
      data[i + c] = Math.min(most, Math.round(data[i + c]! * most / alpha));
    }
  }
}
