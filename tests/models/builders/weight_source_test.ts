import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WeightInit } from "../../../lib/models/builders/layer_options.ts";
import { seededWeights } from "../../../lib/models/builders/weight_source.ts";
import { onCpu } from "../../support/small_models.ts";

async function draw(shape: number[], init: WeightInit, name = "a/kernel", seed = 1) {
  const tensor = seededWeights(seed)({ name, shape, init });
  assert.deepEqual(tensor.shape, shape);
  return await tensor.data() as Float32Array;
}

function std(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe("seededWeights()", () => {
  onCpu();

  test("seededWeights() draws heNormal with variance 2 / fan-in", async () => {
    const values = await draw([3, 3, 64, 100], { kind: "heNormal" });
    assert.ok(Math.abs(std(values) / Math.sqrt(2 / 576) - 1) < 0.01);
  });

  test("seededWeights() draws normal with the given deviation, ones and zeros", async () => {
    assert.ok(Math.abs(std(await draw([10_000], { kind: "normal", std: 0.5 })) - 0.5) < 0.02);
    assert.deepEqual([...await draw([3], { kind: "ones" })], [1, 1, 1]);
    assert.deepEqual([...await draw([3], { kind: "zeros" })], [0, 0, 0]);
  });

  test("seededWeights() gives each name and each seed a stream of its own", async () => {
    const init = { kind: "normal", std: 1 } as const;
    const first = await draw([8], init);
    assert.deepEqual(await draw([8], init), first);
    assert.notDeepEqual(await draw([8], init, "b/kernel"), first);
    assert.notDeepEqual(await draw([8], init, "a/kernel", 2), first);
    // A longer weight begins with the same numbers: size is no part of the name.
    assert.deepEqual((await draw([16], init)).slice(0, 8), first);
  });

  test("seededWeights() makes Long's bilinear kernel, channel by channel", async () => {
    const values = await draw([4, 4, 2, 2], { kind: "bilinear" });
    const taps = [0.25, 0.75, 0.75, 0.25];
    values.forEach((value, i) => {
      const [y, x, out, from] = [i >> 4, (i >> 2) & 3, (i >> 1) & 1, i & 1];
      assert.equal(value, out === from ? taps[y]! * taps[x]! : 0);
    });
    const odd = await draw([3, 3, 1, 1], { kind: "bilinear" });
    assert.deepEqual([...odd], [0.25, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 0.25]);
  });
});
