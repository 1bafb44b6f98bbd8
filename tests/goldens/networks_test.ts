/** Logits of every network against PyTorch (tasks/make_goldens.py). */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildModel } from "../../lib/models/build_model.ts";
import type { NetworkInput } from "../../lib/models/networks/registry.ts";
import goldens from "../../fixtures/goldens/networks.json" with { type: "json" };
import { backends, useDuring } from "./_backends.ts";
import { batchOf, decode, places, setInitial } from "../support/golden_numbers.ts";
import { longSkip } from "../support/long_test.ts";

type Case = typeof goldens.cases[number];

/** Float32 through up to 104 layers; ResNet-101's logits grow to thousands. */
const TOLERANCE = 1e-4;

for (const { name: backend, skip } of backends) {
  const left = skip || (backend === "webgpu" && longSkip);
  describe(`buildModel() on ${backend} gives PyTorch's logits`, { skip: left }, () => {
    const checked = useDuring(backend);
    for (const golden of goldens.cases) {
      test(`buildModel(): ${golden.name}`, checked(() => compare(golden)));
    }
  });
}

async function compare(golden: Case): Promise<void> {
  const { name, size, classes, count } = golden;
  const [height, width] = size as [number, number];
  const settings = ["width", "skipScales", "padding", "variant"].filter((key) => key in golden).map(
    (key) => [key, golden[key as keyof Case]],
  );
  const config: NetworkInput = { ...Object.fromEntries(settings), name: golden.network };
  const model = buildModel(config, { classes, seed: 1 });
  setInitial(model.layers);
  const { images } = batchOf(name, { batch: 2, height, width, classes });
  const x = tf.tensor4d(images, [2, height, width, 3]);
  const logits = model.layers.predict(x) as tf.Tensor4D;
  assert.deepEqual(logits.shape, [
    2,
    height / model.logitStride,
    width / model.logitStride,
    classes,
  ]);
  const values = await logits.data() as Float32Array;
  assert.equal(values.length, count);
  const [largest, norm, ...samples] = decode(golden.logits);
  const near = (actual: number, expected: number, scale: number) =>
    assert.ok(
      Math.abs(actual - expected) <= TOLERANCE * scale,
      `${actual} instead of ${expected} (largest ${largest})`,
    );
  near(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)), norm!, norm!);
  for (const [i, place] of places(name, { count: samples.length, size: count }).entries()) {
    near(values[place]!, samples[i]!, largest!);
  }
  model.layers.dispose();
  tf.dispose([x, logits]);
}
