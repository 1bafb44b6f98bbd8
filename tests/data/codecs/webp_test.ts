import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Raster } from "../../../lib/data/codecs/raster.ts";
import { webpFormat } from "../../../lib/data/codecs/webp.ts";

/** One grey pixel, lossless. */
const PIXEL = Buffer.from("UklGRhwAAABXRUJQVlA4TBAAAAAvAAAAAAfQeMrUf0T0Pw==", "base64");

function webp(kind: string, body: number[]): Uint8Array {
  const bytes = Buffer.alloc(20 + Math.max(12, body.length));
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write(`WEBP${kind}`, 8, "latin1");
  bytes.writeUInt32LE(body.length, 16);
  bytes.set(body, 20);
  return bytes;
}

function decode(bytes: Uint8Array): Promise<Raster> {
  return webpFormat.decode(bytes, { file: "scan.webp" });
}

test("webpFormat.decode() refuses absurd sizes, animations and damage", async () => {
  const cases: [Uint8Array, RegExp][] = [
    [webp("VP8X", [0, 0, 0, 0, 255, 255, 0, 255, 255, 0]), /65536x65536 is more than the limit/],
    [webp("VP8X", [2, 0, 0, 0, 1, 0, 0, 1, 0, 0]), /it is animated: save one frame of it/],
    [webp("VP8X", [0, 0, 0, 0, 1, 0, 0, 1, 0, 0]), /damaged data/],
    [webp("ODD ", []), /the file is truncated or holds no picture/],
    [PIXEL.subarray(0, 20), /the file is truncated or holds no picture/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(decode(bytes), { name: "DamagedFileError", message });
  }
});
