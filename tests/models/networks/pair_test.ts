import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspectModel } from "../../../lib/models/inspect_model.ts";
import { onCpu, smallModel } from "../../support/small_models.ts";

/** Trainable parameters at 21 classes as PyTorch counts them, and those of one class. */
const COUNTS: readonly [name: string, at21: number, perClass: number][] = [
  ["unet-resnet18", 14_331_109, 145],
  ["unet-resnet34", 24_439_269, 145],
  ["unet-resnet50", 32_524_005, 145],
  ["fcn-resnet50", 32_957_013, 513],
  ["deeplabv3-resnet50", 39_638_869, 257],
  ["segformer-b0", 3_719_541, 257],
  ["segformer-b1", 13_682_645, 257],
  ["unet-mobilenetv2", 6_631_845, 145],
  ["deeplabv3plus-mobilenetv2", 4_383_653, 257],
  ["deeplabv3plus-resnet18", 12_334_437, 257],
  ["deeplabv3plus-resnet50", 26_682_725, 257],
  ["deeplabv3-mobilenetv3", 11_025_477, 257],
  ["lraspp-mobilenetv3-large", 3_221_538, 170],
  ["lraspp-mobilenetv3-small", 1_077_954, 154],
];

// Values against PyTorch are in tests/goldens.
describe("pairNetwork()", () => {
  onCpu();

  for (const [name, at21, perClass] of COUNTS) {
    for (const classes of [21, 19, 11]) {
      test(`${name} has PyTorch's number of weights at ${classes} classes`, () => {
        const { parameters } = inspectModel({ name }, { classes, input: [64, 64] });
        assert.equal(parameters.trainable, at21 - (21 - classes) * perClass);
      });
    }
  }

  for (
    const [name, expected] of [
      ["fcn-resnet50", 35_322_218],
      ["deeplabv3-resnet50", 42_004_074],
      ["deeplabv3-mobilenetv3", 11_029_328],
    ] as const
  ) {
    test(`${name} has PyTorch's number of weights with an auxiliary head`, () => {
      const config = { name, auxHead: true };
      const { parameters } = inspectModel(config, { classes: 21, input: [64, 64] });
      assert.equal(parameters.trainable, expected);
    });
  }

  test("pairNetwork() gives logits of the decoder's stride for inputs of any multiple", () => {
    const model = smallModel("unet-resnet18");
    const logits = model.layers.predict(tf.zeros([2, 64, 32, 3])) as tf.Tensor;
    assert.deepEqual(logits.shape, [2, 64, 32, 3]);
  });

  test("pairNetwork() names SegFormer after its backbone's size, and gives it logits at stride 4", () => {
    const model = smallModel("segformer-b0");
    const logits = model.layers.predict(tf.zeros([1, 64, 32, 3])) as tf.Tensor;
    assert.deepEqual(logits.shape, [1, 16, 8, 3]);
    assert.throws(
      () => smallModel("segformer-b0", { bnMomentum: 0.9 }),
      /segformer-b0 takes dropPath, dropout$/,
    );
  });

  test("pairNetwork() refuses an input that its strides do not divide", () => {
    assert.throws(
      () => inspectModel({ name: "unet-resnet18" }, { classes: 3, input: [40, 48] }),
      /40×48.*32/,
    );
  });
});
