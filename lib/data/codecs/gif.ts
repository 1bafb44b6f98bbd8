/**
 * GIF: the first frame, as palette indices.
 *
 * @module
 */
import { DamagedFileError } from "../dataset.ts";
import { unpackLzw } from "./_lzw.ts";
import { type DecodeOptions, type ImageFormat, MAX_PIXELS, type Raster } from "./raster.ts";

/** GIF, of which the first frame counts. */
export const gifFormat: ImageFormat = {
  name: "GIF",
  summary: "first frame",
  extensions: [".gif"],
  lossy: false,
  matches: (bytes) =>
    ["GIF87a", "GIF89a"].some((text) => [...text].every((c, i) => bytes[i] === c.charCodeAt(0))),
  // deno-lint-ignore require-await -- errors are rejections, as of other formats
  async decode(bytes, options) {
    return decode(bytes, options);
  },
  isDeep: () => false,
  orientation: () => 1,
};

/** First row and distance of rows of the four passes of an interlaced frame. */
const PASSES = [[0, 8], [4, 8], [2, 4], [1, 2]] as const;

function decode(bytes: Uint8Array, { file, maxPixels = MAX_PIXELS }: DecodeOptions): Raster {
  const damaged = (why: string): DamagedFileError =>
    new DamagedFileError(`Cannot decode GIF "${file}": ${why}`);
  let at = 0;
  const byte = (): number => {
    if (at >= bytes.length) throw damaged("the file is truncated");
    return bytes[at++]!;
  };
  const short = (): number => byte() | byte() << 8;
  const palette = (flags: number): Uint8Array | null => {
    if ((flags & 0x80) === 0) return null;
    const start = at;
    at += 3 << (flags & 7) + 1;
    if (at > bytes.length) throw damaged("the file is truncated");
    return new Uint8Array(bytes.subarray(start, at));
  };
  /** Sub-blocks up to the empty one. */
  const blocks = (): Uint8Array => {
    const start = at;
    let length = 0;
    for (let size = byte(); size > 0; size = byte()) {
      at += size;
      length += size;
    }
    const joined = new Uint8Array(length);
    for (let from = start, to = 0; bytes[from]! > 0; from += bytes[from]! + 1) {
      joined.set(bytes.subarray(from + 1, from + 1 + bytes[from]!), to);
      to += bytes[from]!;
    }
    return joined;
  };
  at = 6;
  const [width, height] = [short(), short()];
  if (width === 0 || height === 0) throw damaged(`size ${width}x${height} is empty`);
  if (width * height > maxPixels) {
    throw damaged(`${width}x${height} is more than the limit of ${maxPixels} pixels`);
  }
  const [flags, background] = [byte(), byte()];
  at++;
  const shared = palette(flags);
  let hidden: number | null = null;
  for (;;) {
    const kind = byte();
    if (kind === 0x21) {
      const label = byte();
      const body = blocks();
      if (label === 0xf9 && body.length >= 4 && (body[0]! & 1) === 1) hidden = body[3]!;
    } else if (kind === 0x2c) break;
    else throw damaged(kind === 0x3b ? "the file holds no picture" : `unknown block ${kind}`);
  }
  const [left, top, columns, rows] = [short(), short(), short(), short()];
  const frameFlags = byte();
  const colors = palette(frameFlags) ?? shared;
  const bits = byte();
  if (colors === null) throw damaged("it has no palette");
  if (bits < 1 || bits > 8) throw damaged(`values of ${bits} bits do not exist`);
  if (columns * rows > maxPixels) {
    throw damaged(`${columns}x${rows} is more than the limit of ${maxPixels} pixels`);
  }
  const frame = new Uint8Array(columns * rows);
  let count: number;
  try {
    count = unpackLzw(blocks(), frame, { bits, highFirst: false, early: false });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damaged(error.message);
  }
  if (count < frame.length) throw damaged(`its data end after ${count} of ${frame.length} pixels`);
  const data = new Uint8Array(width * height).fill(hidden ?? background);
  let from = 0;
  for (const [first, step] of (frameFlags & 0x40) > 0 ? PASSES : [[0, 1]] as const) {
    for (let y = first; y < rows; y += step, from += columns) {
      if (top + y >= height || left >= width) continue;
      const line = frame.subarray(from, from + Math.max(0, Math.min(columns, width - left)));
      data.set(line, (top + y) * width + left);
    }
  }
  const transparency = hidden === null
    ? undefined
    : Uint8Array.from({ length: hidden + 1 }, (_, i) => i === hidden ? 0 : 255);
  return {
    width,
    height,
    channels: 1,
    bitDepth: 8,
    data,
    palette: colors,
    ...(transparency && { transparency }),
  };
}
