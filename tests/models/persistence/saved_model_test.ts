import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { ModelConfig } from "../../../lib/models/model_config.ts";
import { resizeBilinear } from "../../../lib/engine/ops/resize_bilinear.ts";
import { probabilityMap, type SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { folderHandler } from "../../../lib/weights/formats/folder_handler.ts";
import { weightsSha256 } from "../../../lib/weights/hash.ts";
import {
  loadSegmentationModel,
  saveSegmentationModel,
} from "../../../lib/models/persistence/saved_model.ts";
import { initializeFrom } from "../../../lib/models/persistence/initialize.ts";
import type { ModelMetadata } from "../../../lib/weights/weight_file.ts";
import { difference, disturb, smallModel } from "../../support/small_models.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const METADATA: ModelMetadata = {
  classes: ["sky", "road", "tree"].map((name, i) => ({ name, color: [i, 2 * i, 3 * i] })),
  normalize: { order: "bgr", mean: [104, 117, 123], std: [1, 1, 1] },
};

/** Input of graphs that take one size only. */
const SIZE = { height: 64, width: 96 };

/** Class scores at full size, as the saved graph must give them. */
function scores(model: SegmentationModel, x: tf.Tensor4D): tf.Tensor {
  const size = { height: x.shape[1], width: x.shape[2] };
  const logits = model.layers.predict(x) as tf.Tensor4D;
  return model.upsampleOrder === "probabilities"
    ? probabilityMap(logits, { temperature: 1, upsampleOrder: model.upsampleOrder, ...size })
    : resizeBilinear(logits, size);
}

describe("saveSegmentationModel()", () => {
  before(() => useBackend({ backend: "cpu" }));

  const cases: [title: string, name: string, config: Partial<ModelConfig>][] = [
    ["FCN-8s", "fcn8s-vgg16", {}],
    ["FCN-8s without skip scales", "fcn8s-vgg16", { skipScales: [1, 1] }],
    ["FCN-8s with Berkeley's padding", "fcn8s-vgg16", { padding: 100 }],
    ["FCN-16s on VGG-19", "fcn16s-vgg19", {}],
    ["U-Net", "unet", {}],
    ["SegFormer-B0", "segformer-b0", {}],
    ["Fast-SCNN", "fast-scnn", {}],
    ["ResNet-50, softmax first", "resnet50", { upsampleOrder: "probabilities" }],
    ["U-Net on ResNet-18", "unet-resnet18", {}],
    ["FCN on ResNet-50", "fcn-resnet50", {}],
    ["DeepLabV3 with an auxiliary head", "deeplabv3-resnet50", { auxHead: true }],
    ["U-Net on MobileNetV2", "unet-mobilenetv2", {}],
    ["DeepLabV3+ on MobileNetV2", "deeplabv3plus-mobilenetv2", {}],
    ["DeepLabV3+ with aligned corners", "deeplabv3plus-mobilenetv2", { alignCorners: true }],
    ["LR-ASPP on MobileNetV3-large", "lraspp-mobilenetv3-large", {}],
    ["LR-ASPP on MobileNetV3-small", "lraspp-mobilenetv3-small", {}],
    ["DeepLabV3 on MobileNetV3-large", "deeplabv3-mobilenetv3", {}],
    ["ResNet-50, logits first", "resnet50", { upsampleOrder: "logits", variant: "v1.5" }],
  ];
  for (const [title, name, config] of cases) {
    test(`saveSegmentationModel() writes ${title} so that tfjs gives its scores`, async () => {
      const model = smallModel(name, config);
      disturb(model.layers);
      const dir = join(temporaryFolder(), "model");
      const { numTensors } = tf.memory();
      await saveSegmentationModel(model, dir, { ...METADATA, inputSize: SIZE });
      assert.equal(tf.memory().numTensors, numTensors);

      const plain = await tf.loadLayersModel(folderHandler(dir));
      const x = tf.randomNormal([1, SIZE.height, SIZE.width, 3], 0, 1, "float32", 1) as tf.Tensor4D;
      const wanted = scores(model, x);
      const [largest] = await tf.max(tf.abs(wanted)).data();
      assert.ok(await difference(plain.predict(x) as tf.Tensor, wanted) < 1e-5 * largest!);
      plain.dispose();
      model.layers.dispose();
    });
  }

  test("saveSegmentationModel() writes tfjs layers only", async () => {
    const dir = join(temporaryFolder(), "model");
    await saveSegmentationModel(smallModel("resnet50"), dir, METADATA);
    const text = await readFile(join(dir, "model.json"), "utf8");
    const { modelTopology, userDefinedMetadata } = JSON.parse(text);
    const names = modelTopology.config.layers.map((layer: { class_name: string }) =>
      layer.class_name
    );
    assert.deepEqual(names.filter((name: string) => name.startsWith("Segadv")), []);
    assert.deepEqual(userDefinedMetadata.segadv.output, "probabilities");
    assert.deepEqual(userDefinedMetadata.segadv.outputStride, 1);
  });

  test("saveSegmentationModel() replaces what was there and keeps one file of weights", async () => {
    const dir = join(temporaryFolder(), "model");
    const model = smallModel("fcn32s-vgg16");
    await saveSegmentationModel(model, dir, METADATA);
    disturb(model.layers);
    await saveSegmentationModel(model, dir, METADATA);
    const files = (await readdir(dir)).sort();
    assert.equal(files.length, 2);
    assert.equal(files[0], "model.json");
    const loaded = await loadSegmentationModel(dir);
    assert.equal(await weightsSha256(loaded.model.layers), await weightsSha256(model.layers));
  });
});

describe("loadSegmentationModel()", () => {
  before(() => useBackend({ backend: "cpu" }));

  test("loadSegmentationModel() gives back network, weights and metadata, ready to train", async () => {
    const model = smallModel("resnet50", { bnMomentum: 0.8, variant: "v1.5" });
    disturb(model.layers);
    const dir = join(temporaryFolder(), "model");
    await saveSegmentationModel(model, dir, METADATA);
    const { model: loaded, ...metadata } = await loadSegmentationModel(dir);
    assert.deepEqual(metadata, METADATA);
    assert.deepEqual(loaded.architecture, model.architecture);
    assert.equal(await weightsSha256(loaded.layers), await weightsSha256(model.layers));
    const x = tf.randomNormal([2, 32, 32, 3], 0, 1, "float32", 1);
    const [a, b] = [model, loaded].map(({ layers }) =>
      layers.apply(x, { training: true, updateStatistics: true }) as tf.Tensor
    );
    assert.equal(await difference(a!, b!), 0);
    assert.equal(await weightsSha256(loaded.layers), await weightsSha256(model.layers));
  });

  test("loadSegmentationModel() and model.init take dilated depthwise kernels back", async () => {
    const dir = join(temporaryFolder(), "model");
    const model = smallModel("deeplabv3plus-mobilenetv2");
    disturb(model.layers);
    await saveSegmentationModel(model, dir, METADATA);
    const { model: loaded } = await loadSegmentationModel(dir);
    const wanted = await weightsSha256(model.layers);
    assert.equal(await weightsSha256(loaded.layers), wanted);
    const fresh = smallModel("deeplabv3plus-mobilenetv2", { seed: 2 });
    const report = await initializeFrom(fresh, dir);
    assert.deepEqual([report.fresh, report.left, report.warnings], [[], [], []]);
    assert.equal(await weightsSha256(fresh.layers), wanted);
  });

  test("loadSegmentationModel() gives back a network that a user brought", async () => {
    const own = tf.sequential({
      name: "mine",
      layers: [
        tf.layers.conv2d({
          inputShape: [null, null, 3],
          filters: 4,
          kernelSize: 3,
          strides: 2,
          padding: "same",
        }),
        tf.layers.batchNormalization(),
        tf.layers.conv2d({ filters: 3, kernelSize: 1 }),
      ],
    });
    const model = fromLayersModel(own, { upsampleOrder: "probabilities", inputMultiple: 2 });
    const dir = join(temporaryFolder(), "model");
    await saveSegmentationModel(model, dir, METADATA);
    const { model: loaded } = await loadSegmentationModel(dir);
    const { layers: _, ...settings } = loaded;
    const { layers: __, ...expected } = model;
    assert.deepEqual(settings, expected);
    const x = tf.randomNormal([1, 6, 4, 3], 0, 1, "float32", 1);
    const [a, b] = [own, loaded.layers].map((layers) => layers.predict(x) as tf.Tensor);
    assert.equal(await difference(a!, b!), 0);
  });

  test("loadSegmentationModel() refuses what is missing, cut short, foreign or changed", async () => {
    const dir = join(temporaryFolder(), "model");
    await assert.rejects(loadSegmentationModel(dir), /model\.json: the file does not exist/);

    await saveSegmentationModel(smallModel("fcn32s-vgg16"), dir, METADATA);
    const path = join(dir, "model.json");
    const text = await readFile(path, "utf8");
    const json = JSON.parse(text);

    await writeFile(path, text.replace('"fc6/bias"', '"fc9/bias"'));
    await assert.rejects(loadSegmentationModel(dir), /Cannot trust .*model\.json.*damaged/);

    const foreign = { ...json, generatedBy: "another program", userDefinedMetadata: undefined };
    await writeFile(path, JSON.stringify(foreign));
    await assert.rejects(loadSegmentationModel(dir), {
      name: "TypeError",
      message: /was not saved by this toolkit.*fromLayersModel/,
    });

    await writeFile(path, text);
    const [weights] = (await readdir(dir)).filter((name) => name.endsWith(".bin"));
    await truncate(join(dir, weights!), 100);
    await assert.rejects(loadSegmentationModel(dir), /Cannot trust .*\.bin: .*damaged/);
  });
});
