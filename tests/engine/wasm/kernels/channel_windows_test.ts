import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, on, tensor } from "../../../support/wasm_compare.ts";

const pools = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 1, max: 14 }),
  w: fc.integer({ min: 1, max: 14 }),
  c: fc.integer({ min: 1, max: 40 }),
  size: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 4 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
}).filter((p) => p.pad === "same" || (p.h >= p.size && p.w >= p.size));

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

describe("tf.maxPool() and tf.avgPool()", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  test("tf.maxPool() and its gradient equal cpu, for windows of any sign", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(pools, async (p) => {
        await assertSameAsCpu(() => {
          const x = tensor<tf.Rank.R4>([p.batch, p.h, p.w, p.c], 1).sub(0.7) as tf.Tensor4D;
          const run = (a: tf.Tensor): tf.Tensor =>
            tf.maxPool(a as tf.Tensor4D, p.size, p.stride, p.pad);
          const y = run(x);
          return [y, tf.grad(run)(x, tensor(y.shape, 2))];
        }, { label: JSON.stringify(p) });
      }),
      { numRuns: 80, seed: 5 },
    );
  });

  test(
    "tf.avgPool() has the transpose of its forward pass as gradient, at the border too",
    LONG,
    async () => {
      await fc.assert(
        fc.asyncProperty(pools, async (p) => {
          const shape = [p.batch, p.h, p.w, p.c];
          const [x, y, dy, dx] = await on("wasm", () => {
            const x = tensor<tf.Rank.R4>(shape as [number, number, number, number], 1);
            const run = (a: tf.Tensor): tf.Tensor =>
              tf.avgPool(a as tf.Tensor4D, p.size, p.stride, p.pad);
            const y = run(x);
            const dy = tensor(y.shape, 2);
            return [x, y, dy, tf.grad(run)(x, dy)];
          });
          const dot = (a: Float32Array, b: Float32Array): number =>
            a.reduce((sum, v, i) => sum + v * b[i]!, 0);
          const [left, right] = [dot(y!, dy!), dot(x!, dx!)];
          assert.ok(Math.abs(left - right) <= 1e-5 * (1 + dy!.length), `${left} ${right}`);
        }),
        { numRuns: 60, seed: 10 },
      );
    },
  );
});
