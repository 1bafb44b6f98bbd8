import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { difference, disturb, onCpu, smallModel } from "../../support/small_models.ts";

function set(model: SegmentationModel, name: string, f: (old: tf.Tensor) => tf.Tensor): void {
  const weight = model.layers.weights.find(({ originalName }) => originalName === name)!;
  weight.write(f(weight.read()));
}

// Values against PyTorch, Berkeley's padding included, are in tests/goldens/networks_test.ts.
describe("fcn()", () => {
  onCpu();

  test("fcn() starts with uniform scores", async () => {
    const model = smallModel("fcn8s-vgg16");
    const logits = model.layers.predict(tf.randomNormal([1, 32, 32, 3])) as tf.Tensor;
    assert.deepEqual(new Set(await logits.data()), new Set([0]));
  });

  test("fcn() reads pool4 and pool3 through its skip scales", async () => {
    const x = tf.randomNormal([1, 32, 32, 3], 0, 1, "float32", 1);
    const run = (skipScales: [number, number]) => {
      const model = smallModel("fcn8s-vgg16", { skipScales });
      disturb(model.layers);
      // What the scale does to the features, the kernel of the score layer can do as well.
      for (const [i, name] of ["pool4", "pool3"].entries()) {
        set(model, `score_${name}/kernel`, (kernel) => tf.div(kernel, skipScales[i]!));
      }
      return model.layers.predict(x) as tf.Tensor;
    };
    const plain = run([1, 1]);
    const scaled = run([0.01, 0.0001]);
    const size = (await tf.max(tf.abs(plain)).data())[0]!;
    assert.ok(await difference(plain, scaled) < 1e-5 * size);
  });

  test("fcn() starts its learned upsampling bilinear: constant scores stay constant inside", async () => {
    const model = smallModel("fcn32s-vgg16");
    set(model, "score_fr/bias", () => tf.tensor1d([1, 2, 3]));
    const logits = model.layers.predict(tf.zeros([1, 96, 96, 3])) as tf.Tensor;
    const inside = await tf.slice(logits, [0, 16, 16, 0], [1, 64, 64, 3]).data();
    assert.ok(inside.every((value, i) => Math.abs(value - (1 + i % 3)) < 1e-5));
  });

  test("fcn() gives logits at the size of any input that is a multiple of 32", () => {
    for (const padding of ["same", 100] as const) {
      const model = smallModel("fcn8s-vgg16", { padding });
      const logits = model.layers.predict(tf.zeros([2, 64, 32, 3])) as tf.Tensor;
      assert.deepEqual(logits.shape, [2, 64, 32, 3]);
      model.layers.dispose();
    }
  });
});
