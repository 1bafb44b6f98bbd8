import assert from "node:assert/strict";
import { decodeImage, decodeLabel } from "../../../lib/data/codecs/decode.ts";
import { readImage } from "../../../lib/data/codecs/read_image.ts";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { picture, withFiles } from "../../support/dataset_folder.ts";
import { test } from "node:test";
import { Buffer } from "node:buffer";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { JPEG_SAMPLES } from "../../support/jpeg_samples.ts";
import { PNG_SAMPLES } from "./_png_samples.ts";

const file = "picture";

function png(name: string): { bytes: Buffer; samples: Buffer } {
  const found = PNG_SAMPLES.find((sample) => sample.name === name)!;
  const [bytes, samples] = [found.file, found.samples].map((text) => Buffer.from(text, "base64"));
  return { bytes: bytes!, samples: samples! };
}

test("decodeImage() tells the format by the bytes", async () => {
  const jpeg = Buffer.from(JPEG_SAMPLES[0]!.file, "base64");
  assert.equal((await decodeImage(jpeg, { file: "wrongly-named.png" })).width, 17);
  assert.equal((await decodeImage(png("rgb-8").bytes, { file: "wrongly-named.jpg" })).width, 11);
});

test("decodeImage() brings every PNG colour type to 8-bit RGB", async () => {
  const cases: Record<string, (samples: Buffer, i: number) => number[]> = {
    "rgb-8": (s, i) => [s[i * 3]!, s[i * 3 + 1]!, s[i * 3 + 2]!],
    "rgba-8": (s, i) => overWhite([s[i * 4]!, s[i * 4 + 1]!, s[i * 4 + 2]!], s[i * 4 + 3]!),
    "rgb-16": (s, i) => [s[i * 6]!, s[i * 6 + 2]!, s[i * 6 + 4]!],
    "rgba-16-interlaced": (s, i) =>
      overWhite([s[i * 8]!, s[i * 8 + 2]!, s[i * 8 + 4]!], s[i * 8 + 6]!),
    "grey-8": (s, i) => [s[i]!, s[i]!, s[i]!],
    "la-8": (s, i) => overWhite([s[i * 2]!, s[i * 2]!, s[i * 2]!], s[i * 2 + 1]!),
    "grey-16": (s, i) => [s[i * 2]!, s[i * 2]!, s[i * 2]!],
    "grey-1": (s, i) => [s[i]! * 255, s[i]! * 255, s[i]! * 255],
    "grey-2": (s, i) => [s[i]! * 85, s[i]! * 85, s[i]! * 85],
    "grey-4": (s, i) => [s[i]! * 17, s[i]! * 17, s[i]! * 17],
  };
  for (const [name, expected] of Object.entries(cases)) {
    const { bytes, samples } = png(name);
    const { data } = await decodeImage(bytes, { file });
    assert.equal(data.constructor, Uint8Array, name);
    for (let i = 0; i < 99; i++) {
      assert.deepEqual([...data.subarray(i * 3, i * 3 + 3)], expected(samples, i), name);
    }
  }
});

function overWhite(color: number[], alpha: number): number[] {
  return color.map((level) => Math.round((level * alpha + 255 * (255 - alpha)) / 255));
}

test("decodeImage() looks colours up in the palette", async () => {
  const { bytes, samples } = png("palette-4");
  const { data } = await decodeImage(bytes, { file });
  const at = bytes.indexOf("PLTE") + 4;
  for (let i = 0; i < 99; i++) {
    const color = bytes.subarray(at + samples[i]! * 3, at + samples[i]! * 3 + 3);
    assert.deepEqual([...data.subarray(i * 3, i * 3 + 3)], [...color]);
  }
});

test("decodeImage() names a file that is no image", async () => {
  await assert.rejects(decodeImage(new TextEncoder().encode("<html>"), { file: "a/b.jpg" }), {
    name: "DamagedFileError",
    message:
      'Cannot decode image "a/b.jpg": it is none of JPEG, PNG, WebP, TIFF, BMP, GIF, convert it to one',
  });
  await assert.rejects(decodeImage(new Uint8Array(0), { file }), /: the file is empty$/);
});

test("readImage() goes by what a file holds, not by its name", () =>
  withFiles({ "a.jpg": picture(4, 3), "b.png": "not a picture" }, async (dir) => {
    const { width, height, data } = await readImage(join(dir, "a.jpg"));
    assert.deepEqual([width, height, data[0]], [4, 3, 90]);
    await assert.rejects(
      readImage(join(dir, "b.png")),
      /^DamagedFileError: Cannot .*b\.png": [^\n]+$/,
    );
    await assert.rejects(readImage(join(dir, "c.png")), {
      message: `Cannot read "${join(dir, "c.png")}": there is no such file`,
    });
    await assert.rejects(readImage(dir), /: it is a folder$/);
  }));

test("readImage() never opens a device", {
  skip: process.platform === "win32" && "there is none",
}, () =>
  withFiles({}, async (dir) => {
    symlinkSync("/dev/zero", join(dir, "a.png"));
    await assert.rejects(readImage(join(dir, "a.png")), /: it is no file but a pipe or a device$/);
  }));

const labelFile = "labels/3.png";

test("decodeLabel() keeps palette indices at every bit depth", () => {
  for (const depth of [1, 2, 4, 8]) {
    const { bytes, samples } = png(`palette-${depth}-interlaced`);
    assert.deepEqual([...decodeLabel(bytes, { file: labelFile }).data], [...samples]);
  }
});

test("decodeLabel() takes grey of every depth as it is stored, not stretched", () => {
  for (const name of ["grey-1", "grey-2", "grey-4", "grey-8"]) {
    const { bytes, samples } = png(name);
    assert.deepEqual([...decodeLabel(bytes, { file: labelFile }).data], [...samples], name);
  }
});

test("decodeLabel() drops the alpha of grey labels", () => {
  const { bytes, samples } = png("la-8");
  const expected = [...samples].filter((_, i) => i % 2 === 0);
  assert.deepEqual([...decodeLabel(bytes, { file: labelFile }).data], expected);
});

test("decodeLabel() refuses colours, JPEG and values beyond 8 bits", () => {
  const rgb = encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) });
  assert.throws(() => decodeLabel(rgb, { file: labelFile }), {
    name: "DamagedFileError",
    message: 'Cannot read labels from "labels/3.png": it holds RGB colours, not class indices: ' +
      "convert it to a grey or palette PNG whose pixel value is the class index",
  });
  assert.throws(
    () => decodeLabel(png("rgba-8").bytes, { file: labelFile }),
    /it holds RGBA colours/,
  );
  const jpeg = Buffer.from(JPEG_SAMPLES[0]!.file, "base64");
  assert.throws(() => decodeLabel(jpeg, { file: labelFile }), {
    name: "DamagedFileError",
    message: /^Cannot read labels from JPEG "labels\/3.png": .* save labels as PNG$/,
  });
  const { bytes, samples } = png("grey-16");
  const first = Array.from({ length: 99 }, (_, i) => samples.readUInt16BE(i * 2))
    .findIndex((value) => value > 255);
  assert.throws(() => decodeLabel(bytes, { file: labelFile }), {
    name: "DamagedFileError",
    message: `Cannot read labels from "labels/3.png": value ${samples.readUInt16BE(first * 2)} ` +
      `at column ${first % 11}, row ${Math.floor(first / 11)} does not fit 8 bits`,
  });
});

test("decodeLabel() refuses what is no PNG", () => {
  assert.throws(() => decodeLabel(new Uint8Array(0), { file: labelFile }), /: the file is empty$/);
  assert.throws(() => decodeLabel(new Uint8Array([1]), { file: labelFile }), {
    name: "DamagedFileError",
    message: 'Cannot read labels from "labels/3.png": it is no PNG, save labels as PNG',
  });
});
