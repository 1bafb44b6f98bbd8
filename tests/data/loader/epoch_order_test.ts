import assert from "node:assert/strict";
import { test } from "node:test";
import { epochOrder, repeatFactors } from "../../../lib/data/loader/epoch_order.ts";
import { permutation, randomStream } from "../../../lib/util/random.ts";

test("repeatFactors() is the root of t / f for the rarest class of an image, and at least 1", () => {
  const classesOf = [[0], [0, 1], [0, 2], [0, 2], [], [0], [0], [0], [0], [0]];
  const rare = Math.sqrt(0.4 / 0.1);
  const factors = repeatFactors(classesOf, 0.4);
  assert.deepEqual(factors, [1, rare, Math.SQRT2, Math.SQRT2, 1, 1, 1, 1, 1, 1]);
});

test("epochOrder() without factors is the permutation of (seed, epoch)", () => {
  const { indices, repetitions } = epochOrder(9, { seed: 4, epoch: 2 });
  assert.deepEqual(indices, permutation(9, randomStream(4, "order", 2)));
  assert.deepEqual(repetitions, new Uint32Array(9));
});

test("epochOrder() lists images by their factors on average, in an epoch of the same length", () => {
  const repeats = [1, 2.5, 1, 1];
  const seen = [0, 0, 0, 0];
  const epochs = 2000;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = epochOrder(4, { seed: 1, epoch, repeats });
    assert.equal(order.indices.length, 4);
    for (const index of order.indices) seen[index]!++;
    const pairs = new Set([...order.indices].map((index, i) => `${index} ${order.repetitions[i]}`));
    assert.equal(pairs.size, 4, "a repetition is drawn once");
  }
  // Two of five or three of six are listed, and four taken: 1.6 or 2
  assert.ok(Math.abs(seen[1]! / epochs - 1.8) < 0.05, `${seen}`);
  assert.ok(Math.abs(seen[0]! / seen[3]! - 1) < 0.05, `${seen}`);
  const again = epochOrder(4, { seed: 1, epoch: 7, repeats });
  assert.deepEqual(again, epochOrder(4, { seed: 1, epoch: 7, repeats }));
});
