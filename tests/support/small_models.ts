/** Small networks and helpers that the tests of this folder share. */
import * as tf from "@tensorflow/tfjs";
import { before } from "node:test";
import { buildModel } from "../../lib/models/build_model.ts";
import type { NetworkInput } from "../../lib/models/networks/registry.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import { randomStream } from "../../lib/util/random.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";

/** Networks of four channels and more; numbers do not matter in these tests, so plain JavaScript. */
export function onCpu(): void {
  before(() => useBackend({ backend: "cpu" }));
}

/** A narrow network by name. */
export function smallModel(
  name: string,
  options: Partial<NetworkInput> & { classes?: number; seed?: number } = {},
): SegmentationModel {
  const { classes = 3, seed = 1, ...config } = options;
  const width = name.startsWith("resnet") ? 1 / 16 : 1 / 32;
  return buildModel({ width, ...config, name }, { classes, seed });
}

/** Gives every weight small random values, so that no part of a network is silent. */
export function disturb(model: tf.LayersModel): void {
  for (const weight of model.weights) {
    const stream = randomStream(3, weight.originalName);
    const values = weight.shape.reduce<number>((a, b) => a * b!, 1);
    const isVariance = weight.originalName.endsWith("variance");
    const draw = () => isVariance ? 1 + stream.uniform() : stream.normal() / 4;
    const tensor = tf.tensor(
      Float32Array.from({ length: values }, draw),
      weight.shape as number[],
    );
    weight.write(tensor);
    tensor.dispose();
  }
}

/** Largest absolute difference of two tensors. */
export async function difference(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  const largest = tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))));
  const [value] = await largest.data();
  largest.dispose();
  return value!;
}

/** Gives the first value of a weight, or all of them, another one: NaN, or what overflows. */
export async function poison(
  model: tf.LayersModel,
  { weight: name, value, all = false }: { weight: string; value: number; all?: boolean },
): Promise<void> {
  const weight = model.weights.find(({ originalName }) => originalName === name)!;
  const values = Float32Array.from(await weight.read().data());
  values.fill(value, 0, all ? values.length : 1);
  const tensor = tf.tensor(values, weight.shape as number[]);
  weight.write(tensor);
  tensor.dispose();
}
