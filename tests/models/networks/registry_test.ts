import assert from "node:assert/strict";
import { test } from "node:test";
import { backbones } from "../../../lib/models/backbones/registry.ts";
import { decoders } from "../../../lib/models/decoders/registry.ts";
import { fits, pairNetwork } from "../../../lib/models/networks/pair.ts";
import { networks, parseArchitecture } from "../../../lib/models/networks/registry.ts";

test("networks holds whole networks, and every pair of a decoder and a backbone that it fits", () => {
  const pairs = [...decoders].flatMap((decoder) =>
    [...backbones].filter((backbone) => fits(decoder, backbone)).map((backbone) =>
      pairNetwork(decoder, backbone).name
    )
  );
  assert.ok(["unet-resnet34", "segformer-b0"].every((name) => pairs.includes(name)));
  assert.deepEqual(networks.names.filter((name) => !pairs.includes(name)), [
    "fcn8s-vgg16",
    "fcn16s-vgg16",
    "fcn32s-vgg16",
    "fcn8s-vgg19",
    "fcn16s-vgg19",
    "fcn32s-vgg19",
    "resnet50",
    "resnet101",
    "resnet152",
    "unet",
    "fast-scnn",
  ]);
});

test("networks upsample FCN inside and take ResNet's softmax first", () => {
  const { upsampleOrder, logitStride } = networks.get("fcn16s-vgg19");
  assert.deepEqual([upsampleOrder, logitStride], ["logits", 1]);
  const resnet = networks.get("resnet101");
  assert.deepEqual([resnet.upsampleOrder, resnet.logitStride], ["probabilities", 32]);
});

test("parseArchitecture() fills in the options of the network", () => {
  assert.deepEqual(parseArchitecture({ name: "resnet50", classes: 3, variant: "v1.5" }), {
    name: "resnet50",
    width: 1,
    upsampleOrder: "probabilities",
    variant: "v1.5",
    stemPool: "padded",
    bnMomentum: 0.9,
    classes: 3,
  });
  const { upsampleOrder, skipScales } = parseArchitecture({
    name: "fcn8s-vgg16",
    classes: 2,
    upsampleOrder: "probabilities",
  });
  assert.deepEqual([upsampleOrder, skipScales], ["probabilities", [0.01, 0.0001]]);
});

test("parseArchitecture() refuses unknown names, misplaced options and values out of range", () => {
  const refused: [given: Parameters<typeof parseArchitecture>[0], message: RegExp][] = [
    [
      { name: "resnet", classes: 2 },
      /network "resnet": expected one of {fcn8s, .*; did you mean/,
    ],
    [
      { name: "resnet50", classes: 2, dropout: 0.5 },
      /resnet50 with option dropout: .*resnet50 takes variant, stemPool, bnMomentum$/,
    ],
    [
      { name: "fcn8s-vgg16", classes: 2, dropout: 1 },
      /option dropout: expected a number below 1, got 1/,
    ],
    [{ name: "fcn8s-vgg16", classes: 1 }, /option classes: expected a number of at least 2, got 1/],
    [
      { name: "fcn8s-vgg16", classes: 2, width: 0 },
      /option width: expected a number above 0, got 0/,
    ],
  ];
  for (const [given, message] of refused) {
    assert.throws(() => parseArchitecture(given), (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  }
});
