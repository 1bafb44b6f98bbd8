import assert from "node:assert/strict";
import { test } from "node:test";
import { networks } from "../../lib/models/registry.ts";

test("networks holds FCN on both VGGs at three strides and three ResNets", () => {
  assert.deepEqual(networks.names, [
    "fcn8s-vgg16",
    "fcn16s-vgg16",
    "fcn32s-vgg16",
    "fcn8s-vgg19",
    "fcn16s-vgg19",
    "fcn32s-vgg19",
    "resnet50",
    "resnet101",
    "resnet152",
  ]);
});

test("networks upsamples FCN inside and takes ResNet's softmax first", () => {
  const { upsampleOrder, logitStride } = networks.get("fcn16s-vgg19")!;
  assert.deepEqual([upsampleOrder, logitStride], ["logits", 1]);
  const resnet = networks.get("resnet101")!;
  assert.deepEqual([resnet.upsampleOrder, resnet.logitStride], ["probabilities", 32]);
});

test("findModel names the known networks when it finds none", () => {
  assert.equal(networks.get("resnet50").name, "resnet50");
  assert.throws(() => networks.get("resnet"), {
    name: "RangeError",
    message: /No network is named "resnet": choose one of fcn8s-vgg16, .*, resnet152$/,
  });
});
