import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Conv2d, dropout } from "../../../lib/models/builders/layers.ts";
import { assertNoLeak, normalTensor } from "../../support/gradients.ts";
import { difference, onCpu } from "../../support/small_models.ts";
import { record } from "../../../lib/engine/tape.ts";

describe("Conv2d", () => {
  onCpu();
  for (const padding of ["same", "valid"] as const) {
    for (
      const [stride, relu, bias] of [[1, true, true], [2, false, true], [1, true, false]] as const
    ) {
      const title = `${padding}, stride ${stride}, relu ${relu}, bias ${bias}`;
      test(`Conv2d.call() equals tfjs (${title})`, async () => {
        const shared = { name: "c", filters: 3, padding };
        const own = new Conv2d({
          ...shared,
          kernel: 4,
          stride,
          bias,
          relu,
          kernelInitializer: tf.initializers.zeros(),
          biasInitializer: tf.initializers.zeros(),
        });
        const activation = relu ? "relu" : "linear";
        const plain = tf.layers.conv2d({
          ...shared,
          kernelSize: 4,
          strides: stride,
          useBias: bias,
          activation,
        });
        const x = normalTensor("x", [2, 7, 6, 2]);
        tf.dispose([own.apply(x) as tf.Tensor, plain.apply(x) as tf.Tensor]);
        const kernel = normalTensor("k", [4, 4, 2, 3]);
        const weights = bias ? [kernel, normalTensor("b", [3])] : [kernel];
        own.setWeights(weights);
        plain.setWeights(weights);
        const [a, b] = [own.apply(x) as tf.Tensor, plain.apply(x) as tf.Tensor];
        assert.ok(await difference(a, b) < 1e-5);
        for (const shape of [[2, 7, 6, 2], [null, null, null, 2]]) {
          assert.deepEqual(own.computeOutputShape(shape), plain.computeOutputShape(shape));
        }
      });
    }
  }
});

const state = { seed: 1, step: 2, layer: "drop6" };

describe("dropout()", () => {
  onCpu();

  test("dropout() zeroes its share and keeps the mean", async () => {
    const y = await dropout(tf.ones([100, 100]), { ...state, rate: 0.25 }).data();
    const dropped = y.filter((value) => value === 0).length / y.length;
    assert.ok(Math.abs(dropped - 0.25) < 0.02, `${dropped}`);
    assert.ok(y.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6));
  });

  test("dropout() drops neighbours, and steps, independently of each other", async () => {
    const kept = async (step: number) => {
      const y = await dropout(tf.ones([20_000]), { ...state, step, rate: 0.5 }).data();
      return Array.from(y, (value) => value > 0 ? 1 : -1);
    };
    const [a, b] = [await kept(1), await kept(2)];
    const correlation = (other: number[], lag: number) =>
      a.reduce((sum, value, i) => sum + value * (other[i + lag] ?? 0), 0) / a.length;
    // Five standard deviations of the mean of 20,000 signs.
    for (const lag of [1, 2, 3, 64, 4096]) assert.ok(Math.abs(correlation(a, lag)) < 0.036);
    for (const lag of [0, 1, 64]) assert.ok(Math.abs(correlation(b, lag)) < 0.036);
  });

  test("dropout() has a mask that is a function of seed, step and layer", async () => {
    const run = (change: object) => dropout(tf.ones([64]), { ...state, rate: 0.5, ...change });
    const first = run({});
    assert.equal(await difference(first, run({})), 0);
    for (const change of [{ seed: 2 }, { step: 3 }, { layer: "drop7" }]) {
      assert.notEqual(await difference(first, run(change)), 0);
    }
  });

  test("dropout() passes gradients through what it kept", async () => {
    const run = (x: tf.Tensor) => dropout(x, { ...state, rate: 0.5 });
    const x = tf.fill([64], 3);
    const recording = record(() => run(x));
    const [gradient] = recording.backward(tf.ones([64]), [x]) as [tf.Tensor];
    assert.ok(await difference(tf.mul(gradient, 3), run(tf.fill([64], 3))) < 1e-6);
  });

  test("dropout() with rate 0 copies, leaks nothing and refuses other rates", async () => {
    const x = tf.ones([8]);
    assertNoLeak(() => dropout(x, { ...state, rate: 0.5 }));
    const copy = dropout(x, { ...state, rate: 0 });
    copy.dispose();
    assert.equal((await x.data())[0], 1);
    for (const rate of [1, -0.1, NaN]) {
      assert.throws(() => dropout(x, { ...state, rate }), /drop6: must lie in \[0, 1\)/);
    }
  });
});
