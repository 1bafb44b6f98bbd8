import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspectModel } from "../../../lib/models/inspect_model.ts";
import { onCpu, smallModel } from "../../support/small_models.ts";

// Values against PyTorch are in tests/goldens/networks_test.ts, weights in tests/weights/origins_test.ts.
describe("unet", () => {
  onCpu();

  test("unet gives logits at the size of any input that is a multiple of 16", () => {
    const model = smallModel("unet");
    const logits = model.layers.predict(tf.zeros([2, 48, 16, 3])) as tf.Tensor;
    assert.deepEqual(logits.shape, [2, 48, 16, 3]);
  });

  test("unet refuses an input that its four pools do not divide, before anything is built", () => {
    assert.throws(
      () => inspectModel({ name: "unet" }, { classes: 3, input: [40, 48] }),
      /40×48.*16/,
    );
  });

  test("unet starts with scores near uniform, not at zero", async () => {
    const model = smallModel("unet");
    const x = tf.randomNormal([1, 32, 32, 3], 0, 1, "float32", 1);
    const p = tf.softmax(model.layers.predict(x) as tf.Tensor);
    const [lowest] = await tf.min(p).data();
    const [highest] = await tf.max(p).data();
    assert.ok(
      lowest! > 0.02 && highest! < 0.95 && highest! - lowest! > 0.01,
      `${lowest} ${highest}`,
    );
  });
});
