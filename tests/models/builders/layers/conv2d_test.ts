import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Conv2d } from "../../../../lib/models/builders/layers/conv2d.ts";
import { normalTensor } from "../../../support/gradients.ts";
import { difference, onCpu } from "../../../support/small_models.ts";

describe("Conv2d", () => {
  onCpu();
  for (const padding of ["same", "valid"] as const) {
    for (const [stride, relu] of [[1, true], [2, false]] as const) {
      test(`Conv2d.call() equals tfjs (${padding}, stride ${stride}, relu ${relu})`, async () => {
        const shared = { name: "c", filters: 3, padding };
        const own = new Conv2d({
          ...shared,
          kernel: 4,
          stride,
          relu,
          kernelInitializer: tf.initializers.zeros(),
          biasInitializer: tf.initializers.zeros(),
        });
        const activation = relu ? "relu" : "linear";
        const plain = tf.layers.conv2d({ ...shared, kernelSize: 4, strides: stride, activation });
        const x = normalTensor("x", [2, 7, 6, 2]);
        tf.dispose([own.apply(x) as tf.Tensor, plain.apply(x) as tf.Tensor]);
        const weights = [normalTensor("k", [4, 4, 2, 3]), normalTensor("b", [3])];
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
