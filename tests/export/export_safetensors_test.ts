import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { exportSafetensors } from "../../lib/export/export_safetensors.ts";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import { openWeightFile } from "../../lib/weights/formats/open_weight_file.ts";
import { disturb, onCpu, smallModel } from "../support/small_models.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

async function values({ layers }: SegmentationModel): Promise<Record<string, readonly number[]>> {
  const entries = layers.weights.map(async (weight) =>
    [weight.originalName, [...await weight.read().data()]] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

// The names themselves are those that weight files are read by: tests/weights/origins_test.ts.
describe("exportSafetensors()", () => {
  onCpu();

  // One of each family: a pair's names are those of its decoder and its backbone
  const names = networks.names.filter((name) => !/101|152|resnet34|vgg19|16s|32s|b1$/.test(name));
  for (const name of names.filter((name) => !/^resnet/.test(name))) {
    test(`exportSafetensors() writes ${name} so that it is read back bit-identical`, async () => {
      const model = smallModel(name);
      disturb(model.layers);
      const path = join(temporaryFolder(), "weights.safetensors");
      await exportSafetensors(model, path);
      const other = smallModel(name, { seed: 2 });
      const report = await initializeFrom(other, path);
      assert.deepEqual([report.fresh, report.left, report.zero], [[], [], []]);
      assert.deepEqual(await values(other), await values(model));
      model.layers.dispose();
      other.layers.dispose();
    });
  }

  test("exportSafetensors() puts the biases that torchvision's ResNet lacks into its norms", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    const path = join(temporaryFolder(), "weights.safetensors");
    await exportSafetensors(model, path);
    const other = smallModel("resnet50", { seed: 2 });
    await initializeFrom(other, path);
    const x = tf.randomNormal([1, 64, 64, 3], 0, 1, "float32", 3);
    const body = (of: SegmentationModel): tf.Tensor => {
      const { input, layers } = of.layers;
      const output = layers.at(-2)!.output as tf.SymbolicTensor;
      return tf.model({ inputs: input as tf.SymbolicTensor, outputs: output }).predict(
        x,
      ) as tf.Tensor;
    };
    const [ours, theirs] = [body(model), body(other)];
    const largest = (await tf.max(tf.abs(ours)).data())[0]!;
    const worst = (await tf.max(tf.abs(tf.sub(ours, theirs))).data())[0]!;
    assert.ok(largest > 0 && worst < 1e-4 * largest, `${worst} of ${largest}`);
  });

  test("exportSafetensors() stores kernels as float16, to 11 bits, and norms as they are", async () => {
    const model = smallModel("unet");
    disturb(model.layers);
    const path = join(temporaryFolder(), "weights.safetensors");
    await exportSafetensors(model, path, { half: true });
    const other = smallModel("unet", { seed: 2 });
    await initializeFrom(other, path);
    const [ours, read] = [await values(model), await values(other)];
    for (const { originalName: name, shape } of model.layers.weights) {
      const tolerance = shape.length > 1 ? 2 ** -11 : 0;
      for (const [i, value] of ours[name]!.entries()) {
        const error = Math.abs(read[name]![i]! - value);
        assert.ok(error <= Math.abs(value) * tolerance + 2 ** -25 * (tolerance && 1), name);
      }
    }
  });

  test("exportSafetensors() names a pair's weights as its library does", async () => {
    const path = join(temporaryFolder(), "weights.safetensors");
    assert.deepEqual(await exportSafetensors(smallModel("unet-resnet18"), path), {
      origin: "torchvision",
    });
    const file = await openWeightFile(path);
    const found = [...file.tensors.keys()];
    await file.close();
    for (
      const name of [
        "encoder.layer4.1.bn2.running_var",
        "decoder.blocks.4.conv2.0.weight",
        "segmentation_head.0.bias",
      ]
    ) assert.ok(found.includes(name), name);
  });
});
