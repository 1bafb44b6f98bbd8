import assert from "node:assert/strict";
import { test } from "node:test";
import { randomErasing } from "../../../../lib/data/transforms/augmentations/random_erasing.ts";
import { randomStream } from "../../../../lib/util/random.ts";

const [width, height] = [40, 30];

function erased(seed: number, options: object) {
  const image = new Uint8Array(width * height * 3).fill(9);
  const label = new Uint8Array(width * height).fill(1);
  const crop = { width, height, image, label, fill: [10, 20, 30] as const, ignoreLabel: 200 };
  randomErasing.pixels!(
    crop,
    { p: 1, scale: [0.02, 0.33], ratio: [0.3, 3.3], ...options },
    randomStream(seed),
  );
  return { image, label };
}

test("randomErasing fills one rectangle with the mean and ignores its labels", () => {
  const areas = Array.from({ length: 100 }, (_, seed) => {
    const { image, label } = erased(seed, {});
    const gone = [...label.keys()].filter((i) => label[i] === 200);
    for (const i of label.keys()) {
      const pixel = [...image.slice(i * 3, i * 3 + 3)];
      assert.deepEqual(pixel, label[i] === 200 ? [10, 20, 30] : [9, 9, 9]);
    }
    const [xs, ys] = [gone.map((i) => i % width), gone.map((i) => Math.floor(i / width))];
    const box = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
    assert.equal(box, gone.length);
    return gone.length / label.length;
  });
  assert.ok(areas.every((area) => area > 0.01 && area < 0.35), `${areas}`);
  assert.ok(Math.min(...areas) < 0.06 && Math.max(...areas) > 0.28);
});

test("randomErasing leaves samples alone where p says so or no rectangle fits", () => {
  assert.ok(erased(1, { p: 0 }).label.every((value) => value === 1));
  assert.ok(erased(1, { scale: [0.99, 0.99], ratio: [9, 9] }).label.every((value) => value === 1));
});
