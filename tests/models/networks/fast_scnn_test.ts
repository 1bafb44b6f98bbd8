import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspectModel } from "../../../lib/models/inspect_model.ts";
import { onCpu, smallModel } from "../../support/small_models.ts";

// Values against PyTorch are in tests/goldens.
describe("fastScnn", () => {
  onCpu();

  for (const [classes, count] of [[21, 1_138_309], [19, 1_138_051], [11, 1_137_019]] as const) {
    test(`fastScnn has PyTorch's number of weights at ${classes} classes`, () => {
      const { parameters } = inspectModel({ name: "fast-scnn" }, { classes, input: [64, 64] });
      assert.equal(parameters.trainable, count);
    });
  }

  test("fastScnn gives logits at the size of any input that is a multiple of 32", () => {
    const model = smallModel("fast-scnn");
    for (const [height, width] of [[32, 32], [64, 96]] as const) {
      const logits = model.layers.predict(tf.zeros([1, height, width, 3])) as tf.Tensor;
      assert.deepEqual(logits.shape, [1, height, width, 3]);
    }
  });

  test("fastScnn refuses sizes and options that it does not know, in one line", () => {
    for (const input of [[16, 32], [48, 64]] as [number, number][]) {
      assert.throws(
        () => inspectModel({ name: "fast-scnn" }, { classes: 3, input }),
        /^RangeError: [^\n]*32[^\n]*$/,
      );
    }
    assert.throws(() => smallModel("fast-scnn", { variant: "v1" }), /fast-scnn takes bnMomentum/);
  });
});
