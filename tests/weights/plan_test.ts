import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectModel } from "../../lib/models/inspect_model.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import { describeFaults, planWeights, type WeightTarget } from "../../lib/weights/plan.ts";
import type { WeightFile } from "../../lib/weights/weight_file.ts";

function fileOf(tensors: Record<string, number[]>): WeightFile {
  return {
    path: "weights.any",
    format: "npz",
    saved: null,
    tensors: new Map(
      Object.entries(tensors).map(([name, shape]) => [name, { dtype: "F32", shape }]),
    ),
    read: () => Promise.reject(new Error("planning reads no values")),
    close: () => Promise.resolve(),
  };
}

function targetsOf(network: string): WeightTarget[] {
  return inspectModel({ name: network }, { classes: 21 }).layers.flatMap(({ weights }) => weights);
}

test("planWeights() takes each layout's own shape and lists everything else", () => {
  const file = fileOf({
    "module.features.0.weight": [64, 3, 3, 3],
    "module.features.0.bias": [63],
    "module.classifier.0.weight": [4096, 25088],
    "module.classifier.6.weight": [1000, 4096],
    "module.surprise": [1],
  });
  const plan = planWeights(file, {
    network: networks.get("fcn8s-vgg16"),
    targets: targetsOf("fcn8s-vgg16"),
  });
  assert.equal(plan.origin, "torchvision");
  assert.deepEqual(plan.copies.map(({ target, layout }) => [target.name, layout]), [
    ["block1_conv1/kernel", "oihw"],
    ["fc6/kernel", "linear"],
  ]);
  assert.deepEqual(plan.unused, ["module.classifier.6.weight"]);
  assert.deepEqual(plan.extra, ["module.surprise"]);
  assert.equal(plan.missing.length, 27);
  assert.deepEqual(plan.misshapen.map(({ found, expected }) => [found, expected]), [[[63], [64]]]);
  const faults = describeFaults(plan)!;
  assert.match(
    faults,
    /^missing: block1_conv2\/kernel, .* and 23 more; of another shape: module\./,
  );
  assert.match(faults, /features\.0\.bias is \[63\], not \[64\]; unknown: module\.surprise$/);
});

test("planWeights() never gives one tensor to two weights", () => {
  for (const network of ["resnet50", "resnet101", "resnet152", "fcn8s-vgg16", "fcn8s-vgg19"]) {
    const targets = targetsOf(network);
    // A file under our own names has all of them, once
    const file = fileOf(Object.fromEntries(targets.map(({ name, shape }) => [name, [...shape]])));
    const { copies, missing, extra } = planWeights(file, {
      network: networks.get(network),
      targets,
    });
    assert.equal(new Set(copies.map(({ source }) => source)).size, targets.length);
    assert.deepEqual([...missing, ...extra], []);
  }
});

test("planWeights() names the publishers whose names it tried", () => {
  assert.throws(
    () =>
      planWeights(fileOf({ conv: [1] }), {
        network: networks.get("resnet50"),
        targets: targetsOf("resnet50"),
      }),
    /^TypeError: Cannot start resnet50 from weights\.any: none of its 1 tensors \(conv, .*Keras of 2017/,
  );
});

test("planWeights() finds a place for every tensor of a whole file, at full width", () => {
  const files: [network: string, name: (layer: string, part: string) => string][] = [
    ["resnet101", (layer, part) => `${layer}/${layer}/${part}:0`],
    ["resnet152", (layer, part) => `resnet152/${layer}/${part}:0`],
    ["fcn8s-vgg19", (layer, part) => `${layer}/${layer}_${part === "kernel" ? "W" : "b"}_1:0`],
  ];
  for (const [network, nameOf] of files) {
    const targets = targetsOf(network);
    const backbone = targets.filter(({ name }) => !/^(score|upscore)/.test(name));
    const tensors: Record<string, number[]> = {};
    for (const { name, shape } of backbone) {
      const [layer, part] = name.split("/") as [string, string];
      const keras = layer.replace(/^fc([67])$/, (_, n) => `fc${Number(n) - 5}`);
      const [height, width, inputs, outputs] = shape;
      // Keras' classifiers are dense layers
      const flat = keras === layer || part === "bias";
      tensors[nameOf(keras, part)] = flat ? [...shape] : [height! * width! * inputs!, outputs!];
    }
    const plan = planWeights(fileOf(tensors), {
      network: networks.get(network),
      targets,
    });
    assert.equal(plan.origin, "Keras");
    assert.equal(plan.copies.length, backbone.length);
    assert.deepEqual([plan.missing, plan.extra, plan.misshapen, plan.unused], [[], [], [], []]);
  }
});
