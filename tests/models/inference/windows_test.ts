import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Size } from "../../../lib/util/schema.ts";
import {
  activationBytes,
  chooseWindow,
  placeWindows,
} from "../../../lib/models/inference/windows.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { inspectModel, largestTensor } from "../../../lib/models/inspect_model.ts";
import { probabilityMap } from "../../../lib/models/segmentation_model.ts";
import { type BackendInfo, useBackend } from "../../../lib/backend/use_backend.ts";
import { onCpu, smallModel } from "../../support/small_models.ts";

/** A backend with limits. */
function backend(limits: Partial<BackendInfo>): BackendInfo {
  return {
    name: "webgpu",
    device: "a small adapter",
    software: false,
    warning: null,
    build: "test",
    largestTensorBytes: null,
    memoryBytes: null,
    checkErrors() {},
    peakBytes: () => 0,
    dispose: () => Promise.resolve(),
    ...limits,
  };
}

const CITYSCAPES: Size = [1024, 2048];

describe("chooseWindow()", () => {
  onCpu();

  test("chooseWindow() takes the whole image, padded, where nothing limits it", () => {
    const model = smallModel("fcn8s-vgg16");
    const choice = chooseWindow(model, [100, 2000], { backend: backend({}) });
    assert.deepEqual(choice, { window: [128, 2016], batch: Infinity, notice: null });
    assert.deepEqual(chooseWindow(model, [100, 2000], { backend: null }), choice);
  });

  test("chooseWindow() rounds windows up to what the network takes, at most the image", () => {
    const model = smallModel("resnet50");
    const window = (size: Size): Size =>
      chooseWindow(model, [100, 2000], { window: size, backend: null }).window;
    assert.deepEqual(window([33, 500]), [64, 512]);
    assert.deepEqual(window([500, 33]), [128, 64]);
  });

  test("chooseWindow() obeys an adapter's largest tensor and says so", () => {
    const model = smallModel("fcn8s-vgg16", { classes: 19 });
    // Whole, 19 classes at 1024×2048 are 152 MiB
    const small = backend({ largestTensorBytes: 128 * 2 ** 20 });
    const { window, notice } = chooseWindow(model, CITYSCAPES, { backend: small, overlap: 0.25 });
    assert.deepEqual(window, [1024, 1184]);
    assert.equal(
      notice,
      "images of 2048x1024 are predicted in windows of 1184x1024 (inference.window): whole, one takes " +
        "a tensor of 152.0 MiB and a small adapter binds at most 128.0 MiB",
    );
    assert.ok(activationBytes(model, window).largest <= 128 * 2 ** 20);
  });

  test("chooseWindow() obeys the memory that is left, for the image and for the batch", () => {
    const model = smallModel("fcn8s-vgg16", { classes: 19 });
    const used = tf.memory().numBytes;
    // Beside the 128 MiB that kernels may need for themselves
    const wasm = (free: number): BackendInfo =>
      backend({ name: "wasm", memoryBytes: used + (128 + free) * 2 ** 20 });
    const { peak } = activationBytes(model, CITYSCAPES);
    const needed = 1.25 * peak / 2 ** 20;
    const whole = chooseWindow(model, CITYSCAPES, { backend: wasm(3.5 * needed) });
    assert.deepEqual(whole, { window: CITYSCAPES, batch: 3, notice: null });
    const { window, notice } = chooseWindow(model, CITYSCAPES, { backend: wasm(0.3 * needed) });
    assert.ok(window[0] * window[1] < 0.3 * 1024 * 2048 && window[0] * window[1] > 0.1 * 2 ** 21);
    assert.match(
      notice!,
      /whole, one takes \d+\.\d MiB and \d+\.\d MiB are left of what wasm can address/,
    );
    // Even where nothing fits, there is an answer: the backend says what failed
    assert.deepEqual(chooseWindow(model, CITYSCAPES, { backend: wasm(0) }).window, [32, 32]);
  });

  test("chooseWindow() leaves a size that was asked for alone, whatever the limits", () => {
    const model = smallModel("fcn8s-vgg16");
    const none = backend({ largestTensorBytes: 1 });
    for (const window of ["whole", [1024, 2048]] as const) {
      const options = { window: window as "whole" | Size, backend: none };
      const expected = { window: CITYSCAPES, batch: 1, notice: null };
      assert.deepEqual(chooseWindow(model, CITYSCAPES, options), expected);
    }
  });

  test("chooseWindow() gives a network of fixed size windows of that size", () => {
    const layer = tf.layers.conv2d({ inputShape: [64, 64, 3], filters: 2, kernelSize: 1 });
    const model = fromLayersModel(tf.sequential({ layers: [layer] }));
    assert.deepEqual(chooseWindow(model, [100, 70]).window, [64, 64]);
    assert.deepEqual(chooseWindow(model, [10, 10]).window, [64, 64]);
  });
});

test("activationBytes() finds the largest tensor that inspectModel() finds", async () => {
  await useBackend({ backend: "cpu" });
  for (const name of ["fcn8s-vgg16", "resnet50", "fcn16s-vgg19"]) {
    const model = smallModel(name, { classes: 3 });
    const report = inspectModel(model.architecture!, { classes: 3, input: [416, 416] });
    const shapes = { ...report, layers: report.layers.map((row) => ({ ...row, weights: [] })) };
    const { bytes } = largestTensor(shapes, { batch: 1 });
    assert.equal(activationBytes(model, [416, 416]).largest, bytes, name);
  }
});

test("activationBytes() walks branches, layers used twice and models within models", async () => {
  await useBackend({ backend: "cpu" });
  const input = tf.input({ shape: [null, null, 3] });
  const shared = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same" });
  const inner = tf.sequential({
    layers: [tf.layers.conv2d({ inputShape: [null, null, 4], filters: 4, kernelSize: 1 })],
  });
  const first = shared.apply(tf.layers.conv2d({ filters: 4, kernelSize: 1 }).apply(input));
  const second = inner.apply(shared.apply(first)) as tf.SymbolicTensor;
  const both = tf.layers.concatenate().apply([first as tf.SymbolicTensor, second]);
  const output = tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(both) as tf.SymbolicTensor;
  const model = fromLayersModel(tf.model({ inputs: input, outputs: output }), { inputMultiple: 1 });
  const { peak, largest } = activationBytes(model, [10, 10]);
  // Input, both branches, their concatenation and the output: 3 + 4 + 4 + 8 channels at a time
  assert.deepEqual([peak, largest], [19 * 400, 8 * 400]);
});

// More than the five seconds that Bun gives a test, on a busy machine
const patient = { timeout: 240_000 };

test("activationBytes() foresees what WASM's heap takes, within a quarter", patient, async () => {
  // The largest are activations of the first, class maps of the second
  const models = [["fcn8s-vgg16", { classes: 2, width: 0.25 }], ["resnet50", { classes: 19 }]];
  for (const [name, options] of models as [string, { classes: number }][]) {
    const backend = await useBackend({ backend: "wasm", threads: 1 });
    const model = smallModel(name, options);
    const before = tf.memory().numBytes;
    const size = { height: 512, width: 1024 };
    const labels = tf.tidy(() => {
      const x = tf.zeros([1, size.height, size.width, 3]);
      const logits = model.layers.apply(x, { training: false }) as tf.Tensor4D;
      const map = probabilityMap(logits, {
        temperature: 1,
        upsampleOrder: model.upsampleOrder,
        ...size,
      });
      return tf.argMax(tf.slice(map, [0, 0, 0, 0], [1, 511, 1023, -1]), 3);
    });
    await labels.data();
    const taken = backend.peakBytes() - before;
    const { peak } = activationBytes(model, [512, 1024]);
    assert.ok(taken < 1.25 * peak, `${name}: ${taken} bytes, foreseen ${peak}`);
    assert.ok(taken > 0.6 * peak, `${name}: ${taken} bytes, foreseen ${peak}`);
    model.layers.dispose();
    labels.dispose();
    await backend.dispose();
  }
  await useBackend({ backend: "cpu" });
});

test("placeWindows() covers CityScapes in two windows that end with the image", () => {
  const places = placeWindows([1024, 2048], { window: [1024, 1184], overlap: 0.25 });
  assert.deepEqual(places, [
    { top: 0, left: 0, height: 1024, width: 1184 },
    { top: 0, left: 864, height: 1024, width: 1184 },
  ]);
});

test("placeWindows() covers every pixel with windows of one size inside the image", () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.tuple(side, side),
      fc.tuple(side, side),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (size, window, overlap) => {
        const seen = new Uint8Array(size[0] * size[1]);
        const places = placeWindows(size as Size, { window: window as Size, overlap });
        for (const { top, left, height, width } of places) {
          assert.equal(height, Math.min(window[0], size[0]));
          assert.equal(width, Math.min(window[1], size[1]));
          assert.ok(top >= 0 && left >= 0);
          assert.ok(top + height <= size[0] && left + width <= size[1]);
          for (let y = top; y < top + height; y++) {
            seen.fill(1, y * size[1] + left, y * size[1] + left + width);
          }
        }
        assert.ok(seen.every((value) => value === 1));
        const keys = places.map(({ top, left }) => `${top},${left}`);
        assert.equal(new Set(keys).size, keys.length, "no window lies on another");
      },
    ),
  );
});

test("placeWindows() refuses an overlap of 1 and more, and what is no number", () => {
  for (const overlap of [1, -0.1, NaN]) {
    assert.throws(() => placeWindows([4, 4], { window: [2, 2], overlap }), {
      name: "RangeError",
      message: `Cannot place windows with overlap ${overlap}: it must be in [0, 1)`,
    });
  }
});
