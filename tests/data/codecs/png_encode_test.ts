import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { decodePng } from "../../../lib/data/codecs/png_decode.ts";
import { encodePng, type PngSource } from "../../../lib/data/codecs/png_encode.ts";
import { pillowHashes, skipWithoutPillow } from "../../support/pillow.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

function pictures(): fc.Arbitrary<PngSource> {
  return fc.record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom(1, 3),
    colors: fc.option(fc.integer({ min: 1, max: 256 }), { nil: undefined }),
    level: fc.integer({ min: 1, max: 9 }),
  }).chain(({ width, height, channels, colors, level }) => {
    const indexed = channels === 1 && colors !== undefined;
    const length = width * height * channels;
    return fc.uint8Array({ minLength: length, maxLength: length, max: indexed ? colors - 1 : 255 })
      .map((data): PngSource => {
        const base = { width, height, channels: channels as 1 | 3, data, level };
        return indexed ? { ...base, palette: new Uint8Array(colors * 3).fill(9) } : base;
      });
  });
}

test("encodePng() is undone by decodePng()", () => {
  fc.assert(fc.property(pictures(), (source) => {
    const { data, palette, channels, bitDepth } = decodePng(encodePng(source), { file: "x" });
    assert.deepEqual(new Uint8Array(data), source.data);
    assert.deepEqual(palette, source.palette);
    assert.deepEqual([channels, bitDepth], [source.channels, 8]);
  }));
});

test("encodePng() writes what Pillow reads", { skip: skipWithoutPillow }, () => {
  const folder = temporaryFolder();
  const sources = fc.sample(pictures(), { numRuns: 40, seed: 1 });
  const files = sources.map((source, i) => {
    const file = join(folder, `${i}.png`);
    writeFileSync(file, encodePng(source));
    return file;
  });
  const expected = sources.map((source) => createHash("sha256").update(source.data).digest("hex"));
  assert.deepEqual(pillowHashes(files), expected);
});

test("encodePng() refuses wrong lengths and colourless indices", () => {
  const base = { width: 2, height: 2, channels: 1 } as const;
  const data = new Uint8Array([0, 1, 2, 3]);
  assert.throws(() => encodePng({ ...base, data: data.subarray(1) }), {
    name: "RangeError",
    message: "Cannot encode a PNG of 2x2x1 from 3 bytes",
  });
  assert.throws(() => encodePng({ ...base, data, palette: new Uint8Array(9) }), {
    name: "RangeError",
    message: "Cannot encode index 3 with a palette of 3 colours",
  });
  for (const length of [0, 4, 771]) {
    assert.throws(() => encodePng({ ...base, data, palette: new Uint8Array(length) }), RangeError);
  }
});
