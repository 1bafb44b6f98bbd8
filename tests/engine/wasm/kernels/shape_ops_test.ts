import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../../lib/engine/wasm/mod.ts";
import { on, tensor } from "../../../support/wasm_compare.ts";

describe("concatenate() and splitV() on WASM", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  for (const axis of [0, 1, 2, 3]) {
    for (const sizes of [[1, 2], [3, 130, 5], [64, 64]]) {
      test(`concatenate() along axis ${axis} of ${sizes} and its gradient are those of cpu`, async () => {
        const run = () => {
          const parts = sizes.map((size, i) => tensor([2, 3, 5, 7].with(axis, size), i));
          const weights = tensor(tf.concat(parts, axis).shape, 9);
          const join = (...xs: tf.Tensor[]) => tf.mul(tf.concat(xs, axis), weights);
          return [tf.concat(parts, axis), ...tf.grads(join)(parts)];
        };
        assert.deepEqual(await on("wasm", run), await on("cpu", run));
      });
    }
  }

  test("concatenate() and splitV() keep integers and take other types by tfjs's kernel", async () => {
    await tf.setBackend("wasm");
    const whole = tf.concat([tf.tensor1d([1, -2], "int32"), tf.tensor1d([3], "int32")]);
    assert.equal(whole.dtype, "int32");
    assert.deepEqual([...await whole.data()], [1, -2, 3]);
    const [first] = tf.split(whole, [1, 2]);
    assert.deepEqual([first!.dtype, ...await first!.data()], ["int32", 1]);
    const flags = tf.concat([tf.tensor1d([true], "bool"), tf.tensor1d([false], "bool")]);
    assert.deepEqual([...await flags.data()], [1, 0]);
    const names = tf.concat([tf.tensor1d(["a"]), tf.tensor1d(["b"])]);
    assert.deepEqual([...await names.data()], ["a", "b"]);
  });
});
