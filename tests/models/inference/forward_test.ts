import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { NonFiniteNetworkError } from "../../../lib/models/non_finite.ts";
import {
  assertFiniteLogits,
  forward,
  forwardLogits,
  paddedSize,
} from "../../../lib/models/inference/forward.ts";
import { disturb, onCpu, poison, smallModel } from "../../support/small_models.ts";

function imageOf(width: number, height: number) {
  return { width, height, image: new Float32Array(width * height * 3).fill(0.5) };
}

describe("forward()", () => {
  onCpu();

  test("forward() gives probabilities of the images' size, at a temperature", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    const images = [imageOf(40, 33), imageOf(40, 33)];
    const { numTensors } = tf.memory();
    const [cold, hot] = [1, 50].map((temperature) => forward(model, images, { temperature })) as [
      ReturnType<typeof forward>,
      ReturnType<typeof forward>,
    ];
    assert.deepEqual(cold.map.shape, [2, 33, 40, 3]);
    const largest = async (map: tf.Tensor) => Math.max(...await map.data());
    assert.ok(await largest(hot.map) < await largest(cold.map));
    const sums = await tf.sum(cold.map, -1).data();
    assert.ok(sums.every((sum) => Math.abs(sum - 1) < 1e-5));
    tf.dispose([cold.map, hot.map]);
    for (const { finiteness } of [cold, hot]) {
      await assertFiniteLogits(finiteness, { model, images });
    }
    assert.equal(tf.memory().numTensors, numTensors + 1); // the sums
  });

  test("forward() refuses no image, an empty one and images of two sizes", () => {
    const run = (...sizes: [number, number][]) => () =>
      forward(smallModel("resnet50"), sizes.map(([w, h]) => imageOf(w, h)), { temperature: 1 });
    assert.throws(run(), /a batch of no images/);
    assert.throws(run([0, 2]), /0x2 pixels: it is empty/);
    assert.throws(run([2, 2], [2, 3]), /2x2 and 2x3 pixels in one batch/);
  });

  test("forwardLogits() pads to a multiple of what the network takes", () => {
    const image = imageOf(40, 33);
    const { logits, finiteness, padded } = forwardLogits(smallModel("resnet50"), [image]);
    assert.deepEqual(padded, { height: 64, width: 64 });
    assert.deepEqual(logits.shape, [1, 2, 2, 3]);
    tf.dispose([logits, finiteness]);
  });

  test("assertFiniteLogits() names the layer that overflows, and what went into it", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    await poison(model.layers, { weight: "score/kernel", value: 3e38, all: true });
    const images = [imageOf(32, 32)];
    const { numTensors } = tf.memory();
    const { map, finiteness } = forward(model, images, { temperature: 1 });
    await assert.rejects(assertFiniteLogits(finiteness, { model, images }), (error) => {
      assert.ok(error instanceof NonFiniteNetworkError);
      assert.equal(error.fault?.weight, null);
      assert.equal(error.fault?.layer, "score");
      assert.ok(error.fault.largestInput! > 0 && error.fault.largestInput! < 1e6);
      assert.match(
        error.message,
        /at inputs of at most [\d.]+; train .*lower optimizer\.lr.*clipNorm/,
      );
      return true;
    });
    map.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });

  test("paddedSize() is the fixed size of a network that has one", () => {
    const layer = tf.layers.conv2d({ inputShape: [48, 64, 3], filters: 2, kernelSize: 1 });
    const model = fromLayersModel(tf.sequential({ layers: [layer] }));
    assert.deepEqual(paddedSize(model, [10, 10]), [48, 64]);
    assert.deepEqual(paddedSize(smallModel("fcn8s-vgg16"), [1, 65]), [32, 96]);
  });
});
