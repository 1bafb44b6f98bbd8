import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  colorJitter,
} from "../../../../lib/data/transforms/augmentations/color_jitter.ts";
import { randomStream } from "../../../../lib/util/random.ts";
import { parseOptions } from "../../../../lib/util/registry.ts";
import {
  assertLevels,
  goldenCases,
  goldenImage,
  height,
  width,
} from "../../../support/augmentation_goldens.ts";

const STEPS = {
  brightness: { adjust: adjustBrightness, most: 0 },
  contrast: { adjust: adjustContrast, most: 0 },
  saturation: { adjust: adjustSaturation, most: 0 },
  // torchvision goes through hue, saturation and value in float32
  hue: { adjust: adjustHue, most: 0.01 },
} as const;

for (const [kind, { adjust, most }] of Object.entries(STEPS)) {
  test(`${adjust.name}() gives torchvision's pixels`, () => {
    const cases = goldenCases(kind);
    assert.equal(cases.length, 4);
    for (const { name, numbers: [amount] } of cases) {
      const image = goldenImage();
      adjust(image, amount!);
      assertLevels(image, name, { most });
    }
  });
}

function jitter(options: object, seed: number): Uint8Array {
  const image = goldenImage();
  const label = new Uint8Array(width * height).fill(3);
  const crop = { width, height, image, label, fill: [0, 0, 0] as const, ignoreLabel: 255 };
  const given = parseOptions(colorJitter.options, options, { name: "color-jitter" });
  colorJitter.pixels!(crop, given as never, randomStream(seed));
  assert.ok(label.every((value) => value === 3));
  return image;
}

test("colorJitter leaves an image alone by default and where p says so", () => {
  assert.deepEqual(jitter({}, 1), goldenImage());
  assert.deepEqual(jitter({ p: 0, brightness: 0.5, hue: 0.5 }, 1), goldenImage());
});

test("colorJitter draws within its strengths", () => {
  const mean = (image: Uint8Array) => image.reduce((a, b) => a + b, 0) / image.length;
  const before = mean(goldenImage());
  const ratios = Array.from({ length: 50 }, (_, seed) => mean(jitter({ brightness: 0.3 }, seed)))
    .map((after) => after / before);
  assert.ok(ratios.every((ratio) => ratio > 0.69 && ratio < 1.3), `${ratios}`);
  assert.ok(Math.min(...ratios) < 0.8 && Math.max(...ratios) > 1.1, `${ratios}`);
});

test("colorJitter draws the order of its steps", () => {
  const results = Array.from({ length: 20 }, (_, seed) => {
    const both = { brightness: 0.001, contrast: 0.001, saturation: 0.001, hue: 0.001 };
    return String(jitter(both, seed));
  });
  assert.ok(new Set(results).size > 1);
});

test("colorJitter refuses options out of range", () => {
  const cases = [
    [{ hue: 0.6 }, /option hue: expected a number of at most 0\.5/],
    [{ brightness: -1 }, /option brightness: expected a number of at least 0/],
    [{ bright: 1 }, /unknown option "bright"; color-jitter takes p, brightness, contrast/],
  ] as const;
  for (const [options, message] of cases) {
    assert.throws(
      () => parseOptions(colorJitter.options, options, { name: "color-jitter" }),
      message,
    );
  }
});
