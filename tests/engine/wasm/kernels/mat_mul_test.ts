import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, on, tensor } from "../../../support/wasm_compare.ts";

const SHAPES: [a: number[], b: number[]][] = [
  [[1, 1], [1, 1]],
  [[7, 5], [5, 3]],
  [[40, 33], [33, 70]],
  [[3, 12, 8], [3, 8, 20]],
  [[2, 3, 5, 4], [2, 3, 4, 6]],
  [[3, 12, 8], [8, 20]],
  [[12, 8], [3, 8, 20]],
  [[500, 130], [130, 9]],
];

/** The shape with its last two axes swapped. */
function swapped(shape: number[]): number[] {
  return [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
}

describe("batchMatMul() and fusedMatMul() on WASM", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  for (const [a, b] of SHAPES) {
    for (
      const [transposeA, transposeB] of [[false, false], [true, false], [false, true]] as const
    ) {
      const title = `[${a}] by [${b}], transposed ${transposeA}, ${transposeB}`;
      test(`batchMatMul() of ${title} and its gradients equal cpu`, async () => {
        await assertSameAsCpu(() => {
          const x = tensor(transposeA ? swapped(a) : a, 1);
          const y = tensor(transposeB ? swapped(b) : b, 2);
          const run = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
          // tfjs has no gradient of a matrix that several others share
          const gradients = a.length === b.length ? tf.grads(run)([x, y]) : [];
          return [run(x, y), ...gradients];
        });
      });
    }
  }

  for (const activation of ["linear", "relu", "relu6", "elu"] as const) {
    test(`fusedMatMul() with a bias and ${activation} equals cpu`, async () => {
      await assertSameAsCpu(() => {
        const [a, b] = [tensor<tf.Rank.R2>([9, 7], 1), tensor<tf.Rank.R2>([7, 21], 2)];
        return tf.fused.matMul({ a, b, bias: tensor([21], 3), activation });
      });
    });
  }

  test("batchMatMul() takes both operands transposed by tfjs's kernel", async () => {
    await assertSameAsCpu(() => tf.matMul(tensor([5, 4], 1), tensor([3, 5], 2), true, true));
  });

  test("batchMatMul() is bit-identical for any number of threads", async () => {
    const run = () =>
      on("wasm", () => {
        const [a, b] = [tensor([2, 300, 70], 1), tensor([2, 70, 90], 2)];
        return [tf.matMul(a, b), tf.matMul(tf.transpose(a, [0, 2, 1]), b, true)];
      });
    const two = await run();
    await registerWasmBackend({ threads: 1 });
    assert.deepEqual(await run(), two);
    await registerWasmBackend({ threads: 2 });
  });
});
