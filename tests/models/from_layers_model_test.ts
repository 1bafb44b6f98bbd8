import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inputChannelsOf } from "../../lib/models/segmentation_model.ts";
import { fromLayersModel } from "../../lib/models/from_layers_model.ts";
import { onCpu } from "../support/small_models.ts";

type ConvArgs = Parameters<typeof tf.layers.conv2d>[0];

function net(...convs: Partial<ConvArgs>[]): tf.LayersModel {
  return tf.sequential({
    layers: convs.map((args, i) =>
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 1,
        padding: "same",
        ...(i === 0 ? { inputShape: [null, null, 3] } : {}),
        ...args,
      })
    ),
  });
}

describe("fromLayersModel()", () => {
  onCpu();

  test("fromLayersModel() finds classes and stride, and leaves no tensor behind", () => {
    const own = net({ strides: 2 }, { strides: 2 }, { filters: 7 });
    const before = tf.memory().numTensors;
    const model = fromLayersModel(own, {
      name: "mine",
      inputMultiple: 4,
      upsampleOrder: "probabilities",
    });
    assert.equal(tf.memory().numTensors, before);
    const { name, classes, logitStride, upsampleOrder, inputMultiple, architecture } = model;
    assert.deepEqual({ name, classes, logitStride, upsampleOrder, inputMultiple }, {
      name: "mine",
      classes: 7,
      logitStride: 4,
      upsampleOrder: "probabilities",
      inputMultiple: 4,
    });
    assert.equal(architecture, undefined);
    assert.equal(model.layers, own);
  });

  test("fromLayersModel() takes a fixed input size as the only multiple", () => {
    assert.equal(fromLayersModel(net({ inputShape: [48, 48, 3] })).inputMultiple, 48);
  });

  test("fromLayersModel() refuses what a temperature cannot work on", () => {
    assert.throws(() => fromLayersModel(net({ activation: "softmax" })), {
      name: "TypeError",
      message: /ends in a softmax; leave it out/,
    });
    const last = tf.layers.activation({ activation: "softmax" });
    const chained = tf.sequential({ layers: [...net({}).layers, last] });
    assert.throws(() => fromLayersModel(chained), /ends in a softmax/);
  });

  test("fromLayersModel() refuses other inputs, outputs and uneven shrinking", () => {
    const dense = tf.sequential({ layers: [tf.layers.dense({ inputShape: [5], units: 2 })] });
    assert.throws(() => fromLayersModel(dense), /its input is \[,5\], must be \[batch/);
    assert.equal(inputChannelsOf(fromLayersModel(net({ inputShape: [null, null, 1] }))), 1);
    const x = tf.input({ shape: [null, null, 3] });
    const conv = () => tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(x);
    const outputs = [conv(), conv()] as tf.SymbolicTensor[];
    assert.throws(() => fromLayersModel(tf.model({ inputs: x, outputs })), /2 outputs/);
    assert.throws(() => fromLayersModel(net({ strides: [2, 1] })), /by one whole number/);
    const valid = net({ kernelSize: 3, padding: "valid" });
    assert.throws(() => fromLayersModel(valid), /by one whole number/);
  });
});
