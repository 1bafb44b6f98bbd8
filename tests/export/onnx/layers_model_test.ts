import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exportOnnx } from "../../../lib/export/onnx/export_onnx.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { longSkip } from "../../support/long_test.ts";
import { runOnnx } from "../../support/onnx/run_onnx.ts";
import { disturb, onCpu } from "../../support/small_models.ts";

const METADATA = {
  classes: ["it's", 'é "quoted"', "two\nlines"].map((name) => {
    return { name, color: [0, 0, 0] as [number, number, number] };
  }),
  normalize: {
    order: "rgb" as const,
    mean: [0, 0, 0] as [number, number, number],
    std: [1, 1, 1] as [number, number, number],
  },
};

type Symbolic = tf.SymbolicTensor;

/** Applies layers one after another. */
function chain(x: Symbolic, ...layers: tf.layers.Layer[]): Symbolic {
  return layers.reduce((value, layer) => layer.apply(value) as Symbolic, x);
}

/** A model of most layers that a network may have. */
function ownModel(): SegmentationModel {
  const { layers } = tf;
  const input = tf.input({ shape: [32, 48, 3] });
  const skip = chain(
    input,
    layers.zeroPadding2d({ padding: [[1, 2], [0, 1]] }),
    layers.cropping2D({ cropping: [[1, 2], [0, 1]] }),
    layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
    layers.batchNormalization({ scale: false }),
  );
  const deep = chain(
    skip,
    layers.depthwiseConv2d({
      ...{ kernelSize: 3, padding: "same", depthMultiplier: 2, activation: "tanh" },
    }),
    layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }),
    layers.separableConv2d({ filters: 8, kernelSize: 5, padding: "same", activation: "elu" }),
    layers.dropout({ rate: 0.5 }),
    layers.leakyReLU({ alpha: 0.1 }),
  );
  const gate = chain(
    deep,
    layers.globalAveragePooling2d({ dataFormat: "channelsLast" }),
    layers.dense({ units: 8, activation: "sigmoid" }),
    layers.reshape({ targetShape: [1, 1, 8] }),
  );
  const up = chain(
    layers.multiply().apply([deep, gate]) as Symbolic,
    layers.conv2dTranspose({ filters: 8, kernelSize: 3, strides: 2, padding: "same" }),
  );
  const inner = tf.sequential({
    layers: [
      layers.conv2d({
        ...{ inputShape: [16, 24, 16], filters: 8, kernelSize: 3, dilationRate: 2 },
        ...{ padding: "same", useBias: false },
      }),
      layers.batchNormalization(),
      layers.activation({ activation: "hardSigmoid" }),
      layers.dense({ units: 8 }),
    ],
  });
  const fused = inner.apply(layers.concatenate().apply([up, skip])) as Symbolic;
  const around = chain(
    fused,
    layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
  );
  const mean = layers.average().apply([fused, around]) as Symbolic;
  const outputs = chain(
    layers.add().apply([fused, mean, around]) as Symbolic,
    layers.upSampling2d({ size: [2, 2], interpolation: "bilinear" }),
    layers.reLU({ maxValue: 6 }),
    layers.conv2d({ filters: 3, kernelSize: 1 }),
  );
  return fromLayersModel(tf.model({ inputs: input, outputs }), { name: "mine", inputMultiple: 4 });
}

describe("exportOnnx() of a Layers model", () => {
  onCpu();

  test("convertLayersModel() names the layer that it does not know", async () => {
    const own = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 3, kernelSize: 1 }),
        tf.layers.permute({ name: "turn", dims: [2, 1, 3] }),
      ],
    });
    await assert.rejects(
      exportOnnx(fromLayersModel(own, { name: "mine" }), METADATA),
      /^TypeError: Cannot export "mine" to ONNX: its layer "turn" \(Permute\) has no counterpart here$/,
    );
  });

  test("exportOnnx() refuses another size than a model's only one", async () => {
    const size = { height: 64, width: 64 };
    await assert.rejects(
      exportOnnx(ownModel(), { ...METADATA, size }),
      /"mine" for 64x64: it takes 32x48 only/,
    );
  });

  test(
    "convertLayersModel() keeps a model's logits in ONNX Runtime",
    { skip: longSkip },
    async () => {
      const model = ownModel();
      disturb(model.layers);
      const x = tf.randomNormal([2, 32, 48, 3], 0, 1, "float32", 5);
      const turned = (value: tf.Tensor) => tf.transpose(value, [0, 3, 1, 2]).data<"float32">();
      const ours = await turned(model.layers.predict(x) as tf.Tensor);
      const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const foldBatchNorm of [false, true]) {
        const bytes = await exportOnnx(model, { ...METADATA, foldBatchNorm });
        const data = [...await turned(x)];
        const [output] = await runOnnx(bytes, [{ name: "input", dims: [2, 3, 32, 48], data }]);
        const worst = ours.reduce((most, value, i) => {
          return Math.max(most, Math.abs(value - output!.data[i]!));
        }, 0);
        assert.ok(largest > 0.1 && worst < 1e-5 * largest, `${worst} of ${largest}`);
      }
    },
  );
});
