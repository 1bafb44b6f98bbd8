/**
 * The zlib format: the host's own code, or in a page what is written here. Inflated bytes are the same;
 * a page stores without compressing.
 *
 * @module
 */
import type * as zlib from "node:zlib";
import { builtin } from "./host.ts";
import { adler32, inflatePlain } from "./inflate.ts";

/**
 * Unpacks a zlib stream.
 *
 * @param options `most`: bytes that it may hold; `chunk`: the bytes to be expected.
 * @throws {Error} If it is damaged, cut short or holds more.
 */
export function inflateZlib(
  packed: Uint8Array,
  { most, chunk }: { most: number; chunk?: number },
): Uint8Array {
  const host = builtin<typeof zlib>("node:zlib");
  if (host === null) return inflatePlain(packed, { most, chunk });
  return host.inflateSync(packed, { maxOutputLength: most, ...chunk && { chunkSize: chunk } });
}

/** Packs bytes as a zlib stream. @param level 1 (fast) to 9 (small); a page stores them. */
export function deflateZlib(bytes: Uint8Array, level: number): Uint8Array {
  return builtin<typeof zlib>("node:zlib")?.deflateSync(bytes, { level }) ?? storedZlib(bytes);
}

/** CRC-32 as PNG and zip have it. */
export function crc32(bytes: Uint8Array): number {
  return builtin<typeof zlib>("node:zlib")?.crc32(bytes) ?? plainCrc32(bytes);
}

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The same in plain TypeScript. */
export function plainCrc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = crc >>> 8 ^ CRC[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/** Most bytes of a stored block. */
const BLOCK = 65_535;

/** A zlib stream of stored blocks. */
export function storedZlib(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
  const packed = new Uint8Array(2 + blocks * 5 + bytes.length + 4);
  const view = new DataView(packed.buffer);
  packed.set([0x78, 0x01]);
  for (let block = 0, at = 2; block < blocks; block++) {
    const part = bytes.subarray(block * BLOCK, (block + 1) * BLOCK);
    packed[at] = block === blocks - 1 ? 1 : 0;
    view.setUint16(at + 1, part.length, true);
    view.setUint16(at + 3, ~part.length & 0xffff, true);
    packed.set(part, at + 5);
    at += 5 + part.length;
  }
  view.setUint32(packed.length - 4, adler32(bytes));
  return packed;
}
