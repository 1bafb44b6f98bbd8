import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { attention } from "../../../../lib/engine/ops/attention.ts";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, on, tensor } from "../../../support/wasm_compare.ts";

interface Sizes {
  b: number;
  n: number;
  m: number;
  c: number;
  heads: number;
}

/** Attention and its three gradients. */
function outputs({ b, n, m, c, heads }: Sizes, { scale = 1 } = {}): tf.Tensor[] {
  const q = tf.mul(tensor([b, n, c], 1), scale) as tf.Tensor3D;
  const [k, v] = [2, 3].map((seed) => tensor<tf.Rank.R3>([b, m, c], seed));
  const run = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
    attention({ q: q as tf.Tensor3D, k: k as tf.Tensor3D, v: v as tf.Tensor3D }, { heads });
  return [run(q, k!, v!), ...tf.grads(run)([q, k!, v!], tensor([b, n, c], 4))];
}

const CASES: Sizes[] = [
  { b: 1, n: 1, m: 1, c: 4, heads: 1 },
  { b: 2, n: 16, m: 16, c: 256, heads: 8 },
  { b: 2, n: 250, m: 16, c: 64, heads: 2 },
  { b: 1, n: 7, m: 5, c: 10, heads: 2 },
  { b: 2, n: 13, m: 33, c: 21, heads: 3 },
  { b: 1, n: 4000, m: 17, c: 8, heads: 1 },
  { b: 1, n: 20, m: 2000, c: 12, heads: 2 },
];

describe("attention() on WASM", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  for (const sizes of CASES) {
    test(`attention() and its gradients equal cpu, ${JSON.stringify(sizes)}`, async () => {
      await assertSameAsCpu(() => outputs(sizes), { tolerance: 2e-5 });
    });
  }

  test("attention() is finite for scores that exp would overflow", async () => {
    const all = await on("wasm", () => outputs(CASES[2]!, { scale: 1e4 }));
    assert.ok(all.every((values) => values.every(Number.isFinite)));
  });

  test("attention() and its gradients are bit-identical for any number of threads", async () => {
    const run = () => on("wasm", () => outputs({ b: 2, n: 5000, m: 16, c: 32, heads: 1 }));
    const two = await run();
    await registerWasmBackend({ threads: 1 });
    assert.deepEqual(await run(), two);
    await registerWasmBackend({ threads: 2 });
  });

  test("attention() refuses keys whose scores do not fit a thread's memory", async () => {
    await tf.setBackend("wasm");
    const [q, k] = [tf.zeros<tf.Rank.R3>([1, 1, 1]), tf.zeros<tf.Rank.R3>([1, 60_000, 1])];
    assert.throws(() => attention({ q, k, v: k }, { heads: 1 }), /attention to 60000 keys/);
  });
});
