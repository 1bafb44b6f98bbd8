import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import { normalizationTable, normalizeInto } from "../../../lib/data/transforms/normalize.ts";

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
