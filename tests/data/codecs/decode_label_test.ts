import { test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { decodeLabel } from "../../../lib/data/codecs/decode_label.ts";
import { JPEG_SAMPLES } from "../../support/jpeg_samples.ts";
import { PNG_SAMPLES } from "./_png_samples.ts";

const file = "labels/3.png";

function png(name: string): { bytes: Buffer; samples: Buffer } {
  const found = PNG_SAMPLES.find((sample) => sample.name === name)!;
  const [bytes, samples] = [found.file, found.samples].map((text) => Buffer.from(text, "base64"));
  return { bytes: bytes!, samples: samples! };
}

test("decodeLabel() keeps palette indices at every bit depth", () => {
  for (const depth of [1, 2, 4, 8]) {
    const { bytes, samples } = png(`palette-${depth}-interlaced`);
    assert.deepEqual([...decodeLabel(bytes, { file }).data], [...samples]);
  }
});

test("decodeLabel() reads grey as Pillow does", () => {
  for (const [name, scale] of [["grey-1", 1], ["grey-2", 85], ["grey-4", 17], ["grey-8", 1]]) {
    const { bytes, samples } = png(String(name));
    const expected = [...samples].map((value) => value * Number(scale));
    assert.deepEqual([...decodeLabel(bytes, { file }).data], expected, String(name));
  }
});

test("decodeLabel() drops the alpha of grey labels", () => {
  const { bytes, samples } = png("la-8");
  const expected = [...samples].filter((_, i) => i % 2 === 0);
  assert.deepEqual([...decodeLabel(bytes, { file }).data], expected);
});

test("decodeLabel() refuses colours, JPEG and values beyond 8 bits", () => {
  const rgb = encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) });
  assert.throws(() => decodeLabel(rgb, { file }), {
    name: "DamagedFileError",
    message: 'Cannot read labels from "labels/3.png": it holds RGB colours, not class indices: ' +
      "convert it to a grey or palette PNG whose pixel value is the class index",
  });
  assert.throws(() => decodeLabel(png("rgba-8").bytes, { file }), /it holds RGBA colours/);
  const jpeg = Buffer.from(JPEG_SAMPLES[0]!.file, "base64");
  assert.throws(() => decodeLabel(jpeg, { file }), {
    name: "DamagedFileError",
    message: /^Cannot read labels from JPEG "labels\/3.png": .* save labels as PNG$/,
  });
  const { bytes, samples } = png("grey-16");
  const first = Array.from({ length: 99 }, (_, i) => samples.readUInt16BE(i * 2))
    .findIndex((value) => value > 255);
  assert.throws(() => decodeLabel(bytes, { file }), {
    name: "DamagedFileError",
    message: `Cannot read labels from "labels/3.png": value ${samples.readUInt16BE(first * 2)} ` +
      `at column ${first % 11}, row ${Math.floor(first / 11)} does not fit 8 bits`,
  });
});

test("decodeLabel() refuses what is no PNG", () => {
  assert.throws(() => decodeLabel(new Uint8Array(0), { file }), /: the file is empty$/);
  assert.throws(() => decodeLabel(new Uint8Array([1]), { file }), {
    name: "DamagedFileError",
    message: 'Cannot read labels from "labels/3.png": it is no PNG, save labels as PNG',
  });
});
