import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { after, before, describe, it } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, tensor } from "./_compare.ts";

const pools = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 1, max: 14 }),
  w: fc.integer({ min: 1, max: 14 }),
  c: fc.integer({ min: 1, max: 40 }),
  size: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 4 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
}).filter((p) => p.pad === "same" || (p.h >= p.size && p.w >= p.size));

describe("WASM pooling", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  it("maxPool and its gradient equal cpu, for windows of any sign", async () => {
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
});
