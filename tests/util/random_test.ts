import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { fillNormal, fillUniform, permutation, randomStream } from "../../lib/util/random.ts";
import { test } from "node:test";

const BITS = [4234434166, 1077924115, 1414429505];
const UNIFORM = "949b7893450130fe";
const NORMAL = "a84e868fa8630089";

function sha256(data: Float32Array): string {
  return createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex").slice(0, 16);
}

test("randomStream() gives the committed bits in every runtime", () => {
  const stream = randomStream(1, "constant", 2);
  assert.deepEqual([stream.bits(), stream.bits(), stream.bits()], BITS);
  assert.equal(sha256(fillUniform(new Float32Array(1 << 16), randomStream(1))), UNIFORM);
  assert.equal(sha256(fillNormal(new Float32Array(1 << 16), randomStream(1))), NORMAL);
});

test("randomStream() separates names", () => {
  const names: (number | string)[][] = [[1], [2], [1, 0], [0, 1], [1, 1], [1, "1"], [1, "a", "b"]];
  names.push([1, "ab"], [1, "ba"], [-1], [1 + 2 ** 32], [1, 2 ** 32]);
  const firsts = names.map(([seed, ...rest]) => randomStream(seed as number, ...rest).bits());
  assert.equal(new Set(firsts).size, names.length);
});

test("randomStream() gives neighbouring names unrelated streams", () => {
  const n = 20_000;
  let correlation = 0;
  const bitCounts = new Array(32).fill(0);
  for (let i = 0; i < n; i++) {
    const a = randomStream(7, i).bits();
    const b = randomStream(7, i + 1).bits();
    correlation += (a / 2 ** 32 - 0.5) * (b / 2 ** 32 - 0.5) * 12 / n;
    for (let bit = 0; bit < 32; bit++) bitCounts[bit] += ((a ^ b) >>> bit) & 1;
  }
  // Standard errors: 1/√n = 0.007 for the correlation, √n/2 = 71 for each bit.
  assert.ok(Math.abs(correlation) < 0.03, `correlation ${correlation}`);
  for (const count of bitCounts) assert.ok(Math.abs(count - n / 2) < 320, `bit flips ${count}`);
});

test("randomStream() refuses a fractional counter", () => {
  assert.throws(() => randomStream(1, 0.5), {
    name: "RangeError",
    message: "Cannot name a random stream by 0.5: must be a safe integer",
  });
});

test("RandomStream.uniform() passes a chi-square test over 1000 bins", () => {
  const stream = randomStream(3);
  const bins = new Float64Array(1000);
  for (let i = 0; i < 1_000_000; i++) bins[Math.floor(stream.uniform() * 1000)]!++;
  let chi2 = 0;
  for (const count of bins) chi2 += (count - 1000) ** 2 / 1000;
  // 999 degrees of freedom: mean 999, standard deviation 44.7.
  assert.ok(chi2 > 820 && chi2 < 1180, `chi2 ${chi2}`);
});

test("RandomStream.integer() is uniform and in range", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed, n) => {
    const value = randomStream(seed).integer(n);
    return Number.isInteger(value) && value >= 0 && value < n;
  }));
  const counts = [0, 0, 0];
  const stream = randomStream(5);
  for (let i = 0; i < 30_000; i++) counts[stream.integer(3)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400, `count ${count}`);
  for (const n of [0, -1, 1.5, NaN, 2 ** 33]) {
    assert.throws(() => stream.integer(n), RangeError);
  }
});

test("RandomStream.normal() has the moments and the tails of a normal distribution", () => {
  const n = 1_000_000;
  const values = fillNormal(new Float32Array(n), randomStream(9));
  const moments = [0, 0, 0, 0];
  const beyond = [0, 0, 0];
  for (const x of values) {
    for (let k = 0; k < 4; k++) moments[k]! += x ** (k + 1) / n;
    for (let k = 0; k < 3; k++) if (Math.abs(x) > k + 1) beyond[k]! += 1 / n;
  }
  const close = (actual: number, expected: number, tolerance: number): void =>
    assert.ok(Math.abs(actual - expected) < tolerance, `${actual} is not ${expected}`);
  // Tolerances are five standard errors.
  close(moments[0]!, 0, 0.005);
  close(moments[1]!, 1, 0.0071);
  close(moments[2]!, 0, 0.0194);
  close(moments[3]!, 3, 0.049);
  close(beyond[0]!, 0.3173105, 0.0024);
  close(beyond[1]!, 0.0455003, 0.0011);
  close(beyond[2]!, 0.0026998, 0.00026);
});

test("fillUniform() stays below 1 in float32", () => {
  for (const x of fillUniform(new Float32Array(1 << 16), randomStream(11))) {
    assert.ok(x >= 0 && x < 1);
  }
});

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
