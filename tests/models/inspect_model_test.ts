import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspectModel, largestTensor } from "../../lib/models/inspect_model.ts";

describe("inspectModel()", () => {
  // Totals of the thesis, Table 4-8, to the last weight: they fix the architecture.
  const totals: [name: string, classes: number, total: number][] = [
    ["fcn8s-vgg16", 21, 134_475_647],
    ["fcn8s-vgg16", 19, 134_445_433],
    ["resnet50", 21, 23_630_741],
    ["resnet50", 19, 23_626_643],
    ["dcgan", 21, 2_786_753],
    ["dcgan", 19, 2_784_705],
  ];
  for (const [name, classes, total] of totals) {
    test(`inspectModel() counts ${total} weights in ${name} for ${classes} classes`, () => {
      assert.equal(inspectModel({ name }, { classes }).parameters.total, total);
    });
  }

  // PyTorch's counts (milesial/Pytorch-UNet), statistics apart
  const trainable: [name: string, width: number, count: number][] = [
    ["unet", 1, 31_038_933],
    ["unet", 1 / 2, 7_763_701],
    ["unet", 1 / 4, 1_942_917],
  ];
  for (const [name, width, count] of trainable) {
    test(`inspectModel() counts ${count} trainable weights in ${name} of width ${width}`, () => {
      assert.equal(inspectModel({ name, width }, { classes: 21 }).parameters.trainable, count);
    });
  }

  test("inspectModel() counts moving statistics as weights that do not train", () => {
    assert.equal(
      inspectModel({ name: "resnet50" }, { classes: 21 }).parameters.trainable,
      23_577_621,
    );
    assert.equal(inspectModel({ name: "dcgan" }, { classes: 21 }).parameters.trainable, 2_784_961);
  });

  test("inspectModel() counts the same weights in both variants and both paddings", () => {
    const total = (name: string, options: object) =>
      inspectModel({ name, ...options }, { classes: 21 }).parameters.total;
    assert.equal(total("resnet50", { variant: "v1.5" }), total("resnet50", {}));
    assert.equal(total("fcn8s-vgg16", { padding: 100 }), total("fcn8s-vgg16", {}));
    assert.equal(total("fcn8s-vgg16", { skipScales: [1, 1] }), total("fcn8s-vgg16", {}));
  });

  test("inspectModel() follows 416 pixels through FCN-8s as the thesis does", () => {
    const { layers } = inspectModel({ name: "fcn8s-vgg16" }, { classes: 21 });
    const size = (name: string) => layers.find((layer) => layer.name === name)?.output;
    assert.deepEqual(size("fc7"), [13, 13, 4096]);
    assert.deepEqual(size("fuse_pool4"), [26, 26, 21]);
    assert.deepEqual(size("fuse_pool3"), [52, 52, 21]);
    assert.deepEqual(size("upscore8"), [416, 416, 21]);
  });

  test("inspectModel() gives padding 100 Berkeley's sizes and the input's size at the end", () => {
    const { layers } = inspectModel({ name: "fcn8s-vgg16", padding: 100 }, {
      classes: 21,
      input: [416, 320],
    });
    const size = (name: string) => layers.find((layer) => layer.name === name)?.output;
    assert.deepEqual(size("block5_pool"), [20, 17, 512]);
    assert.deepEqual(size("fc6"), [14, 11, 4096]);
    assert.deepEqual(layers.at(-1)?.output, [416, 320, 21]);
  });

  test("inspectModel() scales channels by width and keeps at least four", () => {
    const { layers } = inspectModel({ name: "fcn8s-vgg16", width: 1 / 32 }, { classes: 3 });
    const channels = (name: string) => layers.find((layer) => layer.name === name)?.output[2];
    assert.equal(channels("block1_conv1"), 4);
    assert.equal(channels("block5_conv3"), 16);
    assert.equal(channels("fc6"), 128);
  });

  test("inspectModel() refuses an unknown name, a size off the stride and options out of range", () => {
    assert.throws(
      () => inspectModel({ name: "resnet34" }, { classes: 2 }),
      /"resnet34".*{fcn8s, .*did you mean resnet50/,
    );
    assert.throws(
      () => inspectModel({ name: "resnet50" }, { classes: 2, input: [100, 96] }),
      /100×96.*multiples of 32/,
    );
    assert.throws(
      () => inspectModel({ name: "resnet50" }, { classes: 1 }),
      /option classes: .*got 1$/,
    );
    assert.throws(
      () => inspectModel({ name: "resnet50", width: 0 }, { classes: 2 }),
      /option width: .*got 0$/,
    );
    assert.throws(
      () => inspectModel({ name: "fcn8s-vgg16", dropout: 1 }, { classes: 2 }),
      /option dropout: expected a number below 1, got 1/,
    );
  });
});

describe("largestTensor()", () => {
  test("largestTensor() names fc6's kernel where it exceeds every activation", () => {
    const report = inspectModel({ name: "fcn8s-vgg16" }, { classes: 21, input: [64, 64] });
    const { name, bytes } = largestTensor(report, { batch: 1 });
    assert.equal(name, "fc6/kernel");
    assert.equal(bytes, 4 * 7 * 7 * 512 * 4096);
  });

  test("largestTensor() counts the class map that ResNet's logits become", () => {
    const report = inspectModel({ name: "resnet50", width: 1 / 16 }, {
      classes: 200,
      input: [416, 416],
    });
    const { name, shape } = largestTensor(report, { batch: 16 });
    assert.equal(name, "class map");
    assert.deepEqual(shape, [16, 416, 416, 200]);
  });
});
