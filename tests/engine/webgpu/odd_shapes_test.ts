import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { type TileName, TILES } from "../../../lib/engine/webgpu/gemm_tiles.ts";
import { normalTensor, relativeError } from "../../support/gradients.ts";
import { longSkip } from "../../support/long_test.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

/** Sums of a few hundred terms in another order. */
const TOLERANCE = 1e-5;
const channels = fc.constantFrom(1, 3, 4, 5, 8, 12, 21);
const side = fc.integer({ min: 1, max: 9 });

describe("registerWebgpuBackend() on odd shapes", { skip: skip || longSkip }, () => {
  before(async () => void await engine!.registerWebgpuBackend());
  after(async () => {
    await engine!.trainingBackend().training.errors.check();
    engine!.disposeWebgpuBackend();
  });

  /** Value and gradients of f on both backends; fails where they differ. */
  async function agree(f: (...xs: tf.Tensor[]) => tf.Tensor, shapes: number[][]): Promise<void> {
    const run = async (name: string): Promise<tf.Tensor[]> => {
      await tf.setBackend(name);
      const xs = shapes.map((shape, i) => normalTensor(`x${i}`, shape));
      const y = tf.tidy(() => f(...xs));
      const tensors = [y, ...tf.grads(f)(xs, normalTensor("dy", y.shape))];
      for (const t of tensors) await t.data();
      return tensors;
    };
    const expected = await run("cpu");
    const values = await Promise.all(expected.map(async (t) => [await t.data(), t.shape] as const));
    const actual = await run("webgpu");
    for (const [i, [data, shape]] of values.entries()) {
      const error = await relativeError(actual[i]!, tf.tensor(data, shape));
      assert(error < TOLERANCE, `${i === 0 ? "value" : `gradient ${i}`} is off by ${error}`);
    }
    tf.dispose(actual);
  }

  test("conv2d() agrees with cpu in all three directions, whatever the shape", async () => {
    const shapes = fc.record({
      b: fc.integer({ min: 1, max: 3 }),
      ...{ h: side, w: side, c: channels, n: channels },
      kh: fc.constantFrom(1, 2, 3, 4),
      stride: fc.constantFrom(1, 2, 3),
      pad: fc.constantFrom("same", "valid"),
    }).filter(({ h, w, kh, pad }) => pad === "same" || Math.min(h, w) >= kh);
    await fc.assert(
      fc.asyncProperty(shapes, async ({ b, h, w, c, n, kh, stride, pad }) => {
        const f = (x: tf.Tensor, filter: tf.Tensor) =>
          tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad as "same");
        await agree(f as (...xs: tf.Tensor[]) => tf.Tensor, [[b, h, w, c], [kh, kh, c, n]]);
      }),
      { numRuns: 6, seed: 4 },
    );
  });

  test("maxPool() agrees with cpu, whatever the shape", async () => {
    const shapes = fc.record({
      ...{ h: side, w: side, c: channels },
      size: fc.constantFrom(2, 3),
      stride: fc.constantFrom(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ h, w, c, size, stride }) => {
        const f = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, stride, "same");
        await agree(f as (...xs: tf.Tensor[]) => tf.Tensor, [[2, h, w, c]]);
      }),
      { numRuns: 6, seed: 4 },
    );
  });

  test("matMul() agrees with cpu, whatever the shape", async () => {
    const length = fc.constantFrom(1, 2, 3, 4, 7, 16, 33, 70, 600);
    const shapes = fc.record({
      m: length,
      k: length,
      n: length,
      ta: fc.boolean(),
      tb: fc.boolean(),
    })
      .filter(({ m, k, n }) => m * k * n < 4e6);
    await fc.assert(
      fc.asyncProperty(shapes, async ({ m, k, n, ta, tb }) => {
        const f = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, ta, tb);
        const operands = [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]];
        await agree(f as (...xs: tf.Tensor[]) => tf.Tensor, operands);
      }),
      { numRuns: 6, seed: 4 },
    );
  });

  test("conv2d() of all tiles is bit-identical", async () => {
    const backend = engine!.trainingBackend();
    const x = normalTensor("x", [2, 13, 12, 8]) as tf.Tensor4D;
    const w = normalTensor("w", [3, 3, 8, 20]) as tf.Tensor4D;
    const f = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, "same");
    const seen: Float32Array[][] = [];
    for (const tile of Object.keys(TILES) as TileName[]) {
      backend.tile = tile;
      const y = tf.tidy(() => f(x, w));
      const gradients = tf.grads(f as unknown as (...xs: tf.Tensor[]) => tf.Tensor);
      const tensors = [y, ...gradients([x, w], normalTensor("dy", y.shape))];
      seen.push(await Promise.all(tensors.map((t) => t.data() as Promise<Float32Array>)));
    }
    backend.tile = null;
    for (const values of seen) assert.deepEqual(values, seen[0]);
  });
});
