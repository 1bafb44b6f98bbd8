/**
 * Networks against PyTorch's, with state dictionaries in their libraries' names whose values follow from the
 * names.
 */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import type { SegmentationModel } from "../../lib/models/segmentation_model.ts";
import type { Batch } from "../../lib/train/step/step_context.ts";
import {
  type TensorSource,
  writeSafetensors,
} from "../../lib/weights/formats/write_safetensors.ts";
import { batchOf, decode, places, uniform } from "../support/golden_numbers.ts";

/** Float32 through up to 60 layers against double precision. */
export const TOLERANCE = 1e-4;
/** Changes since the start, against their own size and that of the weight. */
const CHANGE_TOLERANCE = 2e-3;
const CHANGE_ROUNDING = 3e-5;

/** First value of a weight by its name in the state dictionary. */
export type Initial = (name: string, shape: number[]) => Float32Array;

/** Size of a batch whose numbers follow from `name`. */
export interface BatchCase {
  name: string;
  size: number[];
  classes: number;
}

/** The batch of a case. */
export function batchTensors({ name, size, classes }: BatchCase): Batch & { images: tf.Tensor4D } {
  const [count, height, width] = size as [number, number, number];
  const numbers = batchOf(name, { batch: count, height, width, classes });
  const images = tf.tensor4d(numbers.images, [count, height, width, 3]);
  const labels = tf.tensor3d(numbers.labels, [count, height, width], "int32");
  const valid = numbers.labels.filter((label) => label !== 255).length;
  return { images, labels, valid };
}

/** Starts a network from a file of tensors of those shapes, none of which may be left over. */
export async function loadState(
  model: SegmentationModel,
  path: string,
  { shapes, initial }: { shapes: Record<string, number[]>; initial: Initial },
): Promise<void> {
  const states = Object.entries(shapes).map(([name, shape]): TensorSource => {
    return { name, dtype: "F32", shape, read: () => initial(name, shape) };
  });
  await writeSafetensors(path, states);
  const report = await initializeFrom(model, path);
  assert.deepEqual([report.fresh, report.zero], [[], []]);
}

/** Holds logits against 32 of them, and their norm. */
export async function compareLogits(
  model: SegmentationModel,
  golden: BatchCase & { logits: string; count: number },
): Promise<void> {
  const { images, labels } = batchTensors(golden);
  const logits = model.layers.predict(images) as tf.Tensor4D;
  const values = await logits.data() as Float32Array;
  tf.dispose([images, labels, logits]);
  const [largest, norm, ...samples] = decode(golden.logits);
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  assertNear(length, norm!, { slack: TOLERANCE * norm!, what: "norm of the logits" });
  for (const [i, at] of places(golden.name, { count: 32, size: golden.count }).entries()) {
    assertNear(values[at]!, samples[i]!, { slack: TOLERANCE * largest!, what: `logit ${at}` });
  }
}

/** Holds each weight, in PyTorch's layout, against its summary. */
export async function compareWeights(
  model: SegmentationModel,
  { weights: summaries, initial }: { weights: Record<string, string>; initial: Initial },
): Promise<void> {
  const [map] = networks.get(model.name).nameMaps;
  const compared = new Set<string>();
  for (const weight of model.layers.weights) {
    const [place] = map!.places(weight.originalName).places;
    const name = Object.keys(summaries).find((key) => map!.aliases(key).includes(place!.name));
    if (name === undefined) {
      // torch keeps the unbiased variance, the toolkit as Keras the biased one
      assert.match(weight.originalName, /moving_variance$/);
      continue;
    }
    compared.add(name);
    const values = tf.tidy(() => {
      const value = weight.read();
      if (value.rank !== 4) return value.clone();
      return tf.transpose(value, place!.layout === "depthwise" ? [2, 3, 0, 1] : [3, 2, 0, 1]);
    });
    const shape = place!.layout === "linear" ? values.shape.slice(0, 2) : values.shape;
    const now = await values.data() as Float32Array;
    values.dispose();
    compareWeight({ name, now, before: initial(name, shape) }, summaries[name]!);
  }
  assert.equal(compared.size, Object.keys(summaries).length);
}

function compareWeight(
  weight: { name: string; now: Float32Array; before: Float32Array },
  summary: string,
): void {
  const { name, now, before } = weight;
  const direction = uniform(`${name}/direction`, now.length);
  let [most, squares, projection] = [0, 0, 0];
  now.forEach((value, i) => {
    most = Math.max(most, Math.abs(value));
    squares += (value - before[i]!) ** 2;
    projection += (value - before[i]!) * direction[i]!;
  });
  const [largest, norm, product] = decode(summary) as unknown as [number, number, number];
  const slack = CHANGE_TOLERANCE * norm + CHANGE_ROUNDING * largest * Math.sqrt(now.length);
  assertNear(most, largest, { slack: TOLERANCE * largest, what: name });
  assertNear(Math.sqrt(squares), norm, { slack, what: `change of ${name}` });
  assertNear(projection, product, { slack, what: `direction of ${name}` });
}

/** Fails with both values and the slack. */
export function assertNear(
  actual: number,
  expected: number,
  { slack, what }: { slack: number; what: string },
): void {
  assert.ok(
    Math.abs(actual - expected) <= slack,
    `${what}: ${actual} instead of ${expected} (± ${slack.toPrecision(2)})`,
  );
}
