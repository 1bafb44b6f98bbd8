/** A step of networks of each family in mixed precision against the same step in float32, on WebGPU. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type BackendInfo, useBackend } from "../../../lib/backend/use_backend.ts";
import { configSchema } from "../../../lib/config/schema.ts";
import { createNetworks, disposeNetworks } from "../../../lib/train/step/networks.ts";
import type { Batch } from "../../../lib/train/step/step_context.ts";
import { trainStep } from "../../../lib/train/step/train_step.ts";
import { longSkip } from "../../support/long_test.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

/** Widths of networks, by name. */
const NETWORKS: readonly [name: string, width: number][] = [
  ["fcn8s-vgg16", 1 / 16],
  ["resnet50", 1 / 16],
  ["unet", 1 / 16],
  ["unet-resnet18", 1 / 16],
  ["deeplabv3-resnet50", 1 / 16],
  ["deeplabv3plus-mobilenetv2", 1 / 8],
  ["lraspp-mobilenetv3-large", 1 / 4],
  ["fast-scnn", 1 / 4],
  ["segformer-b0", 1 / 4],
];

/** Four pictures of unlike brightness and pattern, so that batch norm over them is well conditioned. */
function pictures(): Batch & { images: tf.Tensor4D } {
  const [count, side] = [4, 64];
  const pixels = Float32Array.from({ length: count * side * side * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % side, Math.floor(i / 3 / side) % side];
    const n = Math.floor(i / 3 / side / side);
    return n - 1.5 + Math.sin((x * (n + 1) + c * 5) / 9) + Math.cos((y + n * 7) / (4 + c));
  });
  const labels = Int32Array.from({ length: count * side * side }, (_, i) => (i >> 4) % 3);
  return {
    images: tf.tensor4d(pixels, [count, side, side, 3]),
    labels: tf.tensor3d(labels, [count, side, side], "int32"),
    valid: labels.length,
  };
}

/** Has batch norms keep their channels away from the kinks of ReLU and ReLU6, which rounding would cross. */
function smooth(model: tf.LayersModel): void {
  for (const weight of model.trainableWeights) {
    const part = /(gamma|beta)$/.exec(weight.originalName)?.[0];
    if (part === undefined || weight.shape.length !== 1) continue;
    const size = weight.shape[0]!;
    const tensor = tf.tensor1d(Array.from({ length: size }, () => part === "gamma" ? 0.25 : 2.5));
    weight.write(tensor);
    tensor.dispose();
  }
}

/** Loss of a step, and by how much it changed the weights, one after another. */
async function step(
  [name, width]: (typeof NETWORKS)[number],
  precision: "f32" | "mixed",
): Promise<{ loss: number; change: number[] }> {
  const config = configSchema().parse({
    model: { name, width },
    optimizer: { momentum: 0, weightDecay: 0 },
    adversarial: { enabled: false },
    train: { precision },
  });
  const networks = createNetworks(config, { classes: 3 });
  const weights = networks.segmentation.parameters.map(({ weight }) => weight);
  const read = async () => {
    const values = await Promise.all(weights.map((weight) => weight.data()));
    return values.flatMap((part) => [...part]);
  };
  smooth(networks.segmentation.model.layers);
  const first = await read();
  const batch = pictures();
  const rates = { segmentation: 1e-2, discriminator: 0 };
  const dropout = { seed: 1, step: 0 };
  const losses = trainStep(networks, batch, { rates, precision, dropout });
  const [loss] = await losses["loss/seg"]!.data();
  const change = (await read()).map((value, i) => value - first[i]!);
  disposeNetworks(networks, { keepModel: false });
  tf.dispose([losses, batch.images, batch.labels]);
  return { loss: loss!, change };
}

describe("trainStep() in mixed precision", { skip: await noAdapter() || longSkip }, () => {
  let backend: BackendInfo;
  before(async () => {
    backend = await useBackend({ backend: "webgpu" });
  });
  after(() => backend.dispose());

  for (const network of NETWORKS) {
    test(`trainStep() of ${network[0]} in mixed precision changes the weights as in float32`, async () => {
      const [full, mixed] = [await step(network, "f32"), await step(network, "mixed")];
      const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
      const [a, b] = [
        Math.sqrt(dot(full.change, full.change)),
        Math.sqrt(dot(mixed.change, mixed.change)),
      ];
      const cosine = dot(full.change, mixed.change) / (a * b);
      assert.ok(Math.abs(mixed.loss / full.loss - 1) < 5e-4, `${mixed.loss}, ${full.loss}`);
      assert.ok(cosine > 0.9999 && Math.abs(b / a - 1) < 1e-3, `cosine ${cosine}, length ${b / a}`);
    });
  }
});
