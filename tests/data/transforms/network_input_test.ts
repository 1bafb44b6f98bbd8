import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import {
  cutPadding,
  fitImage,
  normalizationTable,
  normalizeInto,
} from "../../../lib/data/transforms/network_input.ts";
import type { RgbImage } from "../../../lib/data/dataset.ts";
import { resizeImage } from "../../../lib/data/transforms/resize.ts";

const PIXELS = new Uint8Array([10, 20, 30, 255, 0, 128]);

test("normalizeInto() subtracts the mean and divides, in RGB order", () => {
  const target = new Float32Array(6);
  normalizeInto(PIXELS, target, { order: "rgb", mean: [10, 10, 10], std: [1, 2, 4] });
  assert.deepEqual([...target], [0, 5, 5, 245, -5, 29.5]);
});

test("normalizeInto() takes mean and std in the order of the network", () => {
  const target = new Float32Array(6);
  normalizeInto(PIXELS, target, { order: "bgr", mean: [1, 2, 3], std: [1, 1, 1] });
  assert.deepEqual([...target], [29, 18, 7, 127, -2, 252]);
});

test("normalizeInto() works in place", () => {
  for (const order of ["rgb", "bgr"] as const) {
    const apart = new Float32Array(6);
    const inPlace = Float32Array.from(PIXELS);
    const config = { order, mean: [1, 2, 3], std: [3, 5, 7] } as const;
    normalizeInto(PIXELS, apart, { ...config, mean: [...config.mean], std: [...config.std] });
    normalizeInto(inPlace, inPlace, { ...config, mean: [...config.mean], std: [...config.std] });
    assert.deepEqual(inPlace, apart);
  }
});

test("normalizeInto() refuses buffers of different length", () => {
  const config = { order: "rgb", mean: [0, 0, 0], std: [1, 1, 1] } as const;
  assert.throws(
    () =>
      normalizeInto(PIXELS, new Float32Array(3), { ...config, mean: [0, 0, 0], std: [1, 1, 1] }),
    {
      name: "RangeError",
      message: "Cannot normalize 6 values into 3: lengths must be equal",
    },
  );
});

test("normalizationTable() holds the bits of normalizeInto()", () => {
  const channel = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.1, max: 300, noNaN: true })));
  const order = fc.constantFrom("rgb", "bgr");
  fc.assert(fc.property(order, channel, channel, fc.uint8Array(), (order, mean, std, bytes) => {
    const pixels = bytes.subarray(0, bytes.length - bytes.length % 3);
    const config = { order, mean, std } as NormalizeConfig;
    const expected = new Float32Array(pixels.length);
    normalizeInto(pixels, expected, config);
    const { values, reversed } = normalizationTable(config);
    const actual = Float32Array.from(expected, (_, i) => {
      const c = i % 3;
      return values[c * 256 + pixels[reversed ? i - c + 2 - c : i]!]!;
    });
    assert.deepEqual(actual, expected);
  }));
});

const normalize: NormalizeConfig = { order: "bgr", mean: [1, 2, 3], std: [1, 2, 4] };

function picture(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 37 % 251);
  return { width, height, data };
}

test("fitImage() keeps a size, or stretches to one", () => {
  const own = fitImage(picture(5, 3), { normalize });
  assert.deepEqual([own.height, own.width, own.content], [3, 5, [3, 5]]);
  assert.equal(own.image[0], picture(5, 3).data[2]! - 1);
  const stretched = fitImage(picture(5, 3), { normalize, resize: [8, 4] });
  assert.deepEqual([stretched.height, stretched.width, stretched.content], [8, 4, [8, 4]]);
  const pixels = resizeImage(picture(5, 3), [8, 4]);
  assert.equal(stretched.image[7], (pixels[7]! - 2) / 2);
});

for (
  const [name, size, content] of [
    ["a wide picture", [10, 5], [4, 8]],
    ["a high picture", [3, 9], [8, 3]],
    ["a picture of the same aspect", [4, 4], [8, 8]],
    ["a hair, at least a pixel wide,", [1, 100], [8, 1]],
  ] as const
) {
  test(`fitImage() puts ${name} at the top left of a letterbox`, () => {
    const [width, height] = size;
    const options = {
      normalize,
      resize: [8, 8] as [number, number],
      resizeMode: "letterbox" as const,
    };
    const fitted = fitImage(picture(width, height), options);
    assert.deepEqual([fitted.height, fitted.width, fitted.content], [8, 8, [...content]]);
    const [rows, columns] = content;
    const alone = fitImage(picture(width, height), { normalize, resize: [rows, columns] }).image;
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        const inside = y < rows && x < columns;
        const [at, from] = [y * 8 + x, y * columns + x];
        for (let c = 0; c < 3; c++) {
          assert.equal(fitted.image[at * 3 + c], inside ? alone[from * 3 + c] : 0);
        }
      }
    }
    const pixels = cutPadding(fitted.image, { rows, length: columns * 3, rowLength: 24 });
    assert.deepEqual(pixels, alone);
  });
}

test("fitImage() refuses a size that is none, on which a pass would never end", () => {
  const message = /^RangeError: Cannot resize to \[.*\]: give height and width in whole pixels$/;
  for (const resize of [[0, 32], [NaN, NaN], [32.5, 32], [-3, 5], "" as never] as const) {
    assert.throws(
      () => fitImage(picture(5, 3), { normalize, resize: [...resize] as never }),
      message,
    );
  }
});
