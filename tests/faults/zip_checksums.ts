import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** A zip archive whose unpacked files have the checksums of what they hold now. */
export function withZipChecksums(bytes: Uint8Array): Uint8Array {
  const result = Buffer.from(bytes);
  const has = (at: number, length: number): boolean => at + length <= result.length;
  let at = result.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (at < 0 || !has(at, 22)) return result;
  at = result.readUInt32LE(at + 16);
  while (has(at, 46) && result.readUInt32LE(at) === 0x02014b50) {
    const [local, size] = [result.readUInt32LE(at + 42), result.readUInt32LE(at + 20)];
    if (result.readUInt16LE(at + 10) === 0 && has(local, 30)) {
      const begin = local + 30 + result.readUInt16LE(local + 26) + result.readUInt16LE(local + 28);
      const crc = crc32(result.subarray(begin, begin + size));
      result.writeUInt32LE(crc, at + 16);
    }
    at += 46 + [28, 30, 32].reduce((sum, part) => sum + result.readUInt16LE(at + part), 0);
  }
  return result;
}
