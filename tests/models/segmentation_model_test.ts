import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromLayersModel } from "../../lib/models/from_layers_model.ts";
import { setDropoutStep } from "../../lib/models/segmentation_model.ts";
import { onCpu, smallModel } from "../support/small_models.ts";

onCpu();

test("setDropoutStep moves the state that the network's layers read", () => {
  const model = smallModel("fcn32s-vgg16");
  const state = model.dropout;
  setDropoutStep(model, { seed: 5, step: 7 });
  assert.equal(model.dropout, state);
  assert.deepEqual(state, { seed: 5, step: 7 });
  model.layers.dispose();
});

test("setDropoutStep leaves a network that a user brought alone", () => {
  const layer = tf.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 1 });
  const model = fromLayersModel(tf.sequential({ layers: [layer] }));
  setDropoutStep(model, { seed: 5, step: 7 });
  assert.equal(model.dropout, undefined);
});
