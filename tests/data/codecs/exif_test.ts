import { test } from "node:test";
import assert from "node:assert/strict";
import { jpegOrientation, orientImage, pngOrientation } from "../../../lib/data/codecs/exif.ts";

/** Six pixels of two channels, each of which holds its place. */
const STORED = { width: 3, height: 2, channels: 2, data: new Uint8Array(12).map((_, i) => i >> 1) };

test("orientImage() turns and mirrors as EXIF says, any number of channels", () => {
  const expected: Record<number, number[]> = {
    1: [0, 1, 2, 3, 4, 5],
    2: [2, 1, 0, 5, 4, 3],
    3: [5, 4, 3, 2, 1, 0],
    4: [3, 4, 5, 0, 1, 2],
    5: [0, 3, 1, 4, 2, 5],
    6: [3, 0, 4, 1, 5, 2],
    7: [5, 2, 4, 1, 3, 0],
    8: [2, 5, 1, 4, 0, 3],
  };
  for (const [orientation, pixels] of Object.entries(expected)) {
    const { width, height, channels, data } = orientImage(STORED, Number(orientation));
    assert.deepEqual([width, height, channels], Number(orientation) > 4 ? [2, 3, 2] : [3, 2, 2]);
    assert.deepEqual([...data], pixels.flatMap((pixel) => [pixel, pixel]), orientation);
  }
  assert.equal(orientImage(STORED, 9), STORED);
});

/** A JPEG's first segments: EXIF with one directory entry, in either byte order. */
function jpeg(
  little: boolean,
  orientation: number,
  { type = 3, name = "Exif\0\0" } = {},
): Uint8Array {
  const exif = new Uint8Array(26);
  const view = new DataView(exif.buffer);
  exif.set(little ? [0x49, 0x49] : [0x4d, 0x4d]);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 1, little);
  view.setUint16(10, 0x112, little);
  view.setUint16(12, type, little);
  view.setUint32(14, 1, little);
  if (type === 4) view.setUint32(18, orientation, little);
  else view.setUint16(18, orientation, little);
  const body = [...new TextEncoder().encode(name), ...exif];
  return Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0],
    ...[0xff, 0xe1, 0, body.length + 2, ...body],
    ...[0xff, 0xda, 0, 2],
  ]);
}

test("jpegOrientation() reads the first EXIF segment, 1 where there is none or it is damaged", () => {
  assert.equal(jpegOrientation(jpeg(true, 6)), 6);
  assert.equal(jpegOrientation(jpeg(false, 3)), 3);
  assert.equal(jpegOrientation(jpeg(false, 8, { type: 4 })), 8);
  assert.equal(jpegOrientation(jpeg(true, 0)), 1);
  assert.equal(jpegOrientation(jpeg(true, 9)), 1);
  assert.equal(jpegOrientation(jpeg(true, 6, { name: "http:/" })), 1);
  for (let length = 0; length < 34; length++) {
    assert.equal(jpegOrientation(jpeg(true, 6).subarray(0, length)), 1, `${length}`);
  }
});

test("pngOrientation() is 1 for a file without EXIF, however short", () => {
  for (let length = 0; length < 40; length++) {
    assert.equal(pngOrientation(new Uint8Array(length)), 1);
  }
});
