import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { permutation } from "../../../lib/data/loader/permutation.ts";
import { randomStream } from "../../../lib/util/random.ts";

test("permutation() holds every index once", () => {
  fc.assert(fc.property(fc.nat(200), fc.integer(), (n, seed) => {
    const order = permutation(n, randomStream(seed));
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i));
  }));
});

test("permutation() gives all orders of four equally often", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 24_000; seed++) {
    const key = permutation(4, randomStream(seed)).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  // Standard deviation 31.
  for (const [order, count] of counts) assert.ok(Math.abs(count - 1000) < 150, `${order} ${count}`);
});
