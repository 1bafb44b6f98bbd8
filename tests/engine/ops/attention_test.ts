import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attention } from "../../../lib/engine/ops/attention.ts";
import {
  assertGradient,
  assertNoLeak,
  normalTensor,
  relativeError,
} from "../../support/gradients.ts";
import { onCpu } from "../../support/small_models.ts";

const [BATCH, QUERIES, KEYS, CHANNELS, HEADS] = [2, 5, 3, 8, 2];

function operands() {
  return {
    q: normalTensor("q", [BATCH, QUERIES, CHANNELS]) as tf.Tensor3D,
    k: normalTensor("k", [BATCH, KEYS, CHANNELS]) as tf.Tensor3D,
    v: normalTensor("v", [BATCH, KEYS, CHANNELS]) as tf.Tensor3D,
  };
}

describe("attention()", () => {
  onCpu();

  test("attention() is a weighted mean of the values in each head", async () => {
    const { q, k, v } = operands();
    const d = CHANNELS / HEADS;
    const parts = Array.from({ length: HEADS }, (_, head) => {
      const part = (x: tf.Tensor3D) => tf.slice(x, [0, 0, head * d], [-1, -1, d]);
      const scores = tf.div(tf.matMul(part(q), part(k), false, true), Math.sqrt(d));
      return tf.matMul(tf.softmax(scores), part(v));
    });
    const y = attention({ q, k, v }, { heads: HEADS });
    assert.ok(await relativeError(y, tf.concat(parts, 2)) < 1e-5);
  });

  test("attention() has the right gradients and leaks nothing", async () => {
    const given = operands();
    for (const name of ["q", "k", "v"] as const) {
      await assertGradient(
        (t) => attention({ ...given, [name]: t as tf.Tensor3D }, { heads: HEADS }),
        given[name],
      );
    }
    assertNoLeak(() => attention(given, { heads: HEADS }));
  });

  test("attention() is finite for scores that exp would overflow", async () => {
    const { q, k, v } = operands();
    const y = attention({ q: tf.mul(q, 1000), k, v }, { heads: 1 });
    assert.ok((await y.data()).every(Number.isFinite));
  });

  test("attention() refuses heads that do not divide the channels", () => {
    assert.throws(() => attention(operands(), { heads: 3 }), /8 channels into 3 heads/);
  });
});
