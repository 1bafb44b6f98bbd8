/** Label files as people have them, of one small truth. */
import { crc32, deflateSync } from "node:zlib";
import { Buffer } from "node:buffer";

/** Pixels of a PNG as they are stored. */
export interface PngParts {
  width: number;
  height: number;
  /** Colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  type: 0 | 2 | 3 | 4 | 6;
  /** @default 8 */
  depth?: 1 | 2 | 4 | 8 | 16;
  /** Row-major, interleaved, not rescaled. */
  samples: ArrayLike<number>;
  /** RGB triples. */
  palette?: readonly number[];
}

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Writes a PNG of any kind, which `encodePng()` does not. */
export function rawPng({ width, height, type, depth = 8, samples, palette }: PngParts): Uint8Array {
  const perRow = width * CHANNELS[type];
  const stride = Math.ceil(perRow * depth / 8);
  const raw = new Uint8Array(height * (1 + stride));
  for (let i = 0; i < height * perRow; i++) {
    const [row, at] = [Math.floor(i / perRow), i % perRow];
    const from = row * (1 + stride) + 1;
    const value = samples[i]!;
    if (depth === 16) raw.set([value >> 8, value & 255], from + at * 2);
    else {
      const bit = at * depth;
      raw[from + (bit >> 3)]! |= value << (8 - depth - (bit & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type], 8);
  const parts: [string, Uint8Array][] = [["IHDR", header]];
  if (palette !== undefined) parts.push(["PLTE", Uint8Array.from(palette)]);
  parts.push(["IDAT", deflateSync(raw)], ["IEND", new Uint8Array(0)]);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return new Uint8Array(
    Buffer.concat([signature, ...parts.map(([kind, body]) => chunk(kind, body))]),
  );
}

function chunk(kind: string, body: Uint8Array): Buffer {
  const content = Buffer.concat([Buffer.from(kind, "latin1"), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
