import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { difference, onCpu, smallModel } from "../../support/small_models.ts";

// Values against PyTorch are in tests/goldens/networks_test.ts.
describe("resnet()", () => {
  onCpu();

  test("resnet() gives logits at stride 32", () => {
    const model = smallModel("resnet50");
    const logits = model.layers.predict(tf.zeros([2, 64, 96, 3])) as tf.Tensor;
    assert.deepEqual(logits.shape, [2, 2, 3, 3]);
    model.layers.dispose();
  });

  test("resnet() v1 and v1.5 share weights but not results", async () => {
    const x = tf.randomNormal([1, 64, 64, 3], 0, 1, "float32", 1);
    const [v1, torchvision] = (["v1", "v1.5"] as const).map((variant) =>
      smallModel("resnet50", { variant })
    );
    const names = (model: typeof v1) => model!.layers.weights.map((weight) => weight.originalName);
    assert.deepEqual(names(v1), names(torchvision));
    const [a, b] = [v1, torchvision].map((model) => model!.layers.predict(x) as tf.Tensor);
    assert.ok(await difference(a!, b!) > 1e-3);
  });

  test("resnet() starts near uniform probabilities", async () => {
    const model = smallModel("resnet50", { width: 1 / 4 });
    const x = tf.randomNormal([1, 64, 64, 3], 0, 1, "float32", 1);
    const logits = model.layers.apply(x, { training: true }) as tf.Tensor;
    const p = await tf.softmax(logits).data();
    assert.ok(p.every((value) => value > 0.1 && value < 0.7), `${p}`);
  });
});
