import assert from "node:assert/strict";
import { test } from "node:test";
import { augmentSample } from "../../../../lib/data/transforms/augment.ts";
import { rotate90 } from "../../../../lib/data/transforms/augmentations/rotate_90.ts";
import { randomStream } from "../../../../lib/util/random.ts";

const size = { width: 3, height: 2 };
const sizes = { source: size, crop: size };

test("rotate90 draws each turn as often, and none with p 0", () => {
  const turns = [0, 0, 0, 0];
  for (let seed = 0; seed < 400; seed++) {
    turns[rotate90.geometry!({ p: 1 }, randomStream(seed), sizes).quarterTurns!]!++;
    assert.equal(rotate90.geometry!({ p: 0 }, randomStream(seed), sizes).quarterTurns, 0);
  }
  assert.ok(turns.every((count) => count > 60 && count < 140), `${turns}`);
});

test("rotate90 turns pixels and labels clockwise, also where the crop is no square", () => {
  const label = new Uint8Array([0, 1, 2, 3, 4, 5]);
  const data = Uint8Array.from({ length: 18 }, (_, i) => 10 * Math.floor(i / 3) + i % 3);
  const sample = { id: "a", image: { ...size, data }, label: { ...size, data: label } };
  const expected = {
    0: [0, 1, 2, 3, 4, 5],
    1: [3, 0, 4, 1, 5, 2],
    2: [5, 4, 3, 2, 1, 0],
    3: [2, 5, 1, 4, 0, 3],
  };
  for (const [turns, labels] of Object.entries(expected)) {
    const stream = randomStream(0);
    const draws = [0, (Number(turns) + 0.5) / 4, 0, 0];
    stream.uniform = () => draws.shift()!;
    const crop = augmentSample(sample, {
      crop: Number(turns) % 2 === 0 ? [2, 3] : [3, 2],
      augment: [{ name: "rotate-90", p: 1 }],
      fill: [0, 0, 0],
      ignoreLabel: 255,
      rng: () => stream,
    });
    assert.deepEqual([...crop.label], labels, turns);
    assert.deepEqual(
      [...crop.image],
      labels.flatMap((value) => [10 * value, 10 * value + 1, 10 * value + 2]),
    );
  }
});
