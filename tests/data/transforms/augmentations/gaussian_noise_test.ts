import assert from "node:assert/strict";
import { test } from "node:test";
import { gaussianNoise } from "../../../../lib/data/transforms/augmentations/gaussian_noise.ts";
import { randomStream } from "../../../../lib/util/random.ts";

test("gaussianNoise has the mean and the deviation that it says", () => {
  const [width, height] = [101, 61]; // an odd number of values
  const crop = {
    width,
    height,
    image: new Uint8Array(width * height * 3).fill(128),
    label: new Uint8Array(width * height).fill(1),
    fill: [0, 0, 0] as const,
    ignoreLabel: 255,
  };
  gaussianNoise.pixels!(crop, { p: 1, std: [0.04, 0.04] }, randomStream(5));
  const values = [...crop.image];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(mean - 128) < 0.3, `${mean}`);
  assert.ok(Math.abs(deviation - 10.2) < 0.3, `${deviation}`);
  // Neighbouring values are independent
  const product = values.slice(1).reduce((sum, v, i) => sum + (v - mean) * (values[i]! - mean), 0);
  assert.ok(Math.abs(product / values.length / deviation ** 2) < 0.03);
  assert.ok(crop.label.every((value) => value === 1));
});

test("gaussianNoise stays on 0..255 and leaves images alone where p or std say so", () => {
  const run = (level: number, options: { p: number; std: [number, number] }) => {
    const image = new Uint8Array(300).fill(level);
    const label = new Uint8Array(100);
    const crop = { width: 10, height: 10, image, label, fill: [0, 0, 0] as const, ignoreLabel: 9 };
    gaussianNoise.pixels!(crop, options, randomStream(1));
    return [...image];
  };
  assert.ok(run(250, { p: 1, std: [0.5, 0.5] }).some((value) => value === 255));
  assert.ok(run(5, { p: 1, std: [0.5, 0.5] }).every((value) => value <= 255 && value >= 0));
  assert.ok(run(9, { p: 0, std: [0.5, 0.5] }).every((value) => value === 9));
  assert.ok(run(9, { p: 1, std: [0, 0] }).every((value) => value === 9));
});
