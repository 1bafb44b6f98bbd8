import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  affine,
  type AffineOptions,
} from "../../../../lib/data/transforms/augmentations/affine.ts";
import { randomStream } from "../../../../lib/util/random.ts";
import { parseOptions } from "../../../../lib/util/registry.ts";

test("affine has the thesis' values as defaults", () => {
  const options = parseOptions(affine.options, { name: "affine" }, { name: "affine" });
  assert.deepEqual(options, { zoom: [0.5, 2], rotate: 10, flip: true });
});

test("affine refuses options that it does not have or that make no sense", () => {
  const cases = [
    [{ blur: 1 }, /option blur: unknown option "blur"; affine takes zoom, rotate, flip$/],
    [{ zoom: [2, 1] }, /option zoom: expected \[min, max\] with min at most max, got \[2,1\]/],
    [{ rotate: 181 }, /option rotate: expected a number of at most 180/],
  ] as const;
  for (const [given, message] of cases) {
    assert.throws(() => parseOptions(affine.options, given, { name: "affine" }), message);
  }
});

test("affine draws within its options, and three numbers whatever they are", () => {
  const side = { width: 8, height: 8 };
  const draw = (options: AffineOptions, seed: number) => {
    const rng = randomStream(seed);
    const geometry = affine.geometry!(options, rng, { source: side, crop: side });
    return { geometry, next: rng.uniform() };
  };
  fc.assert(fc.property(fc.integer(), (seed) => {
    const still = draw({ zoom: [1, 1], rotate: 0, flip: false }, seed);
    assert.deepEqual(still.geometry, { zoom: 1, angle: 0, flip: false });
    const { geometry: { zoom, angle }, next } = draw(
      { zoom: [0.5, 2], rotate: 90, flip: true },
      seed,
    );
    assert.ok(zoom >= 0.5 && zoom <= 2);
    assert.ok(Math.abs(angle) <= Math.PI / 2);
    assert.equal(next, still.next);
  }));
});
