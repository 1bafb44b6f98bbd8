import assert from "node:assert/strict";
import { test } from "node:test";
import { cutmix } from "../../../../lib/data/transforms/augmentations/cutmix.ts";
import { randomStream } from "../../../../lib/util/random.ts";

const [width, height] = [20, 10];

/** Samples that are filled with 10, 20 and so on, labels 1, 2 … */
function batch(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    width,
    height,
    image: new Uint8Array(width * height * 3).fill(10 * (i + 1)),
    label: new Uint8Array(width * height).fill(i + 1),
  }));
}

test("cutmix puts a rectangle of the next sample as it was, labels and pixels together", () => {
  for (let seed = 0; seed < 30; seed++) {
    const crops = batch(3);
    cutmix.batch!(crops, { p: 1, alpha: 1 }, (i) => randomStream(seed, i));
    for (const [i, { image, label }] of crops.entries()) {
      const next = (i + 1) % 3 + 1;
      assert.ok(label.every((value) => value === i + 1 || value === next), `${seed} ${i}`);
      assert.ok(image.every((value, at) => value === 10 * label[Math.floor(at / 3)]!));
      const pasted = [...label.keys()].filter((at) => label[at] === next);
      const [xs, ys] = [pasted.map((at) => at % width), pasted.map((at) => at / width | 0)];
      const side = (values: number[]) => Math.max(...values) - Math.min(...values) + 1;
      if (pasted.length > 0) assert.equal(side(xs) * side(ys), pasted.length);
    }
  }
});

test("cutmix draws what stays from Beta(alpha, alpha), and nothing changes with p 0", () => {
  const shares = (alpha: number) =>
    Array.from({ length: 300 }, (_, seed) => {
      const crops = batch(2);
      cutmix.batch!(crops, { p: 1, alpha }, (i) => randomStream(seed, i));
      return crops[0]!.label.filter((value) => value === 2).length / (width * height);
    });
  const [narrow, wide] = [shares(4), shares(0.3)].map((all) =>
    all.filter((share) => share > 0.1 && share < 0.7).length
  );
  assert.ok(narrow! > wide! + 50, `${narrow} ${wide}`);
  const crops = batch(2);
  cutmix.batch!(crops, { p: 0, alpha: 1 }, (i) => randomStream(1, i));
  assert.deepEqual(crops, batch(2));
});
