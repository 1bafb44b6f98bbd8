import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import type { InferenceOptions } from "../../../lib/models/inference/inference_options.ts";
import type { NormalizedImage } from "../../../lib/models/inference/predict.ts";
import {
  largestClass,
  predictPixels,
  predictProbabilities,
} from "../../../lib/models/inference/probabilities.ts";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { disturb, onCpu, smallModel } from "../../support/small_models.ts";

/** Logits of each pixel alone: its colour times these, plus the bias. */
const WEIGHTS = [[2, -1, 0.5], [0, 1.5, -2], [-0.5, 0.25, 1]];
const BIAS = [0.1, -0.2, 0.3];

/** A network whose output depends on one pixel each. */
function pixelModel(inputMultiple = 1): SegmentationModel {
  const layer = tf.layers.conv2d({ inputShape: [null, null, 3], filters: 3, kernelSize: 1 });
  const model = tf.sequential({ layers: [layer] });
  layer.setWeights([tf.tensor4d(WEIGHTS.flat(), [1, 1, 3, 3]), tf.tensor1d(BIAS)]);
  return fromLayersModel(model, { inputMultiple });
}

function noise(width: number, height: number): NormalizedImage {
  const stream = randomStream(7, "image");
  const image = Float32Array.from({ length: width * height * 3 }, () => stream.normal());
  return { width, height, image };
}

// The reference: plain loops over numbers, one pixel and one class at a time

type Field = { width: number; height: number; at(y: number, x: number, c: number): number };

function fieldOf({ width, height, image }: NormalizedImage): Field {
  return { width, height, at: (y, x, c) => image[(y * width + x) * 3 + c]! };
}

function softmaxAt(field: Field, y: number, x: number): number[] {
  const exps = BIAS.map((bias, k) =>
    Math.exp(bias + [0, 1, 2].reduce((sum, c) => sum + field.at(y, x, c) * WEIGHTS[c]![k]!, 0))
  );
  const total = exps.reduce((a, b) => a + b);
  return exps.map((value) => value / total);
}

/** Half-pixel bilinear resize with clamped edges, as a function of the place. */
function resizedField(field: Field, width: number, height: number): Field {
  const clamp = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);
  return {
    width,
    height,
    at(y, x, c) {
      const v = (y + 0.5) * field.height / height - 0.5;
      const u = (x + 0.5) * field.width / width - 0.5;
      const [top, left] = [Math.floor(v), Math.floor(u)];
      let sum = 0;
      for (const dy of [0, 1]) {
        for (const dx of [0, 1]) {
          const weight = (dy ? v - top : 1 - v + top) * (dx ? u - left : 1 - u + left);
          sum += weight *
            field.at(clamp(top + dy, field.height), clamp(left + dx, field.width), c);
        }
      }
      return sum;
    },
  };
}

function assertClose(actual: Float32Array, expected: number[]): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i]!)), 0);
  assert.ok(worst < 2e-6, `off by ${worst}`); // float32 exponentials
}

describe("predictProbabilities()", () => {
  onCpu();

  test("predictProbabilities() averages scales, each resized back", async () => {
    const image = noise(11, 7);
    const scales = [0.5, 1, 1.75];
    const { data, width, height, channels } = await predictProbabilities(pixelModel(), image, {
      scales,
    });
    assert.deepEqual([width, height, channels], [11, 7, 3]);
    const maps = scales.map((scale) => {
      const [w, h] = [Math.round(11 * scale), Math.round(7 * scale)];
      const seen = resizedField(fieldOf(image), w, h);
      const p: Field = { width: w, height: h, at: (y, x, c) => softmaxAt(seen, y, x)[c]! };
      return resizedField(p, 11, 7);
    });
    const expected: number[] = [];
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 11; x++) {
        for (let c = 0; c < 3; c++) {
          expected.push(maps.reduce((sum, map) => sum + map.at(y, x, c), 0) / scales.length);
        }
      }
    }
    assertClose(data, expected);
  });

  test("predictProbabilities() sees a pixel alike in all windows, mirrored or not", async () => {
    const image = noise(13, 9);
    const expected: number[] = [];
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 13; x++) expected.push(...softmaxAt(fieldOf(image), y, x));
    }
    for (const overlap of [0, 0.25, 0.7]) {
      for (const flip of [false, true]) {
        const options = { window: [4, 4] as [number, number], overlap, flip };
        const before = tf.memory().numTensors;
        const model = pixelModel(4);
        const weights = tf.memory().numTensors - before;
        assertClose((await predictProbabilities(model, image, options)).data, expected);
        assert.equal(tf.memory().numTensors, before + weights, "no tensor is left");
      }
    }
  });

  test("predictProbabilities() averages what windows disagree on, and counts them", async () => {
    // A network that sees only where it is: the sum over its window, the same at every pixel
    const pool = tf.layers.averagePooling2d({
      inputShape: [2, 2, 3],
      poolSize: 2,
      strides: 1,
      padding: "valid",
    });
    const up = tf.layers.upSampling2d({ size: [2, 2] });
    const model = fromLayersModel(tf.sequential({ layers: [pool, up] }), { inputMultiple: 2 });
    const image = noise(3, 2);
    const { data } = await predictProbabilities(model, image, { window: [2, 2], overlap: 0.5 });
    const windowAt = (left: number): number[] => {
      const means = [0, 1, 2].map((c) =>
        [0, 1].flatMap((y) => [0, 1].map((x) => fieldOf(image).at(y, left + x, c)))
          .reduce((a, b) => a + b) / 4
      );
      const exps = means.map(Math.exp);
      return exps.map((value) => value / exps.reduce((a, b) => a + b));
    };
    const [first, second] = [windowAt(0), windowAt(1)];
    const both = first.map((p, c) => (p + second[c]!) / 2);
    assertClose(data, [...first, ...both, ...second, ...first, ...both, ...second]);
  });

  test("predictProbabilities() averages an image and its mirror image", async () => {
    const model = smallModel("fcn8s-vgg16");
    disturb(model.layers);
    const image = noise(32, 32);
    const mirrored = new Float32Array(image.image.length);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        for (let c = 0; c < 3; c++) {
          mirrored[(y * 32 + x) * 3 + c] = image.image[(y * 32 + 31 - x) * 3 + c]!;
        }
      }
    }
    const plain = (await predictProbabilities(model, image)).data;
    const other = (await predictProbabilities(model, { ...image, image: mirrored })).data;
    const { data } = await predictProbabilities(model, image, { flip: true });
    const expected: number[] = [];
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        for (let c = 0; c < 3; c++) {
          const there = other[(y * 32 + 31 - x) * 3 + c]!;
          expected.push((plain[(y * 32 + x) * 3 + c]! + there) / 2);
        }
      }
    }
    assertClose(data, expected);
    assert.ok(plain.some((p, i) => Math.abs(p - data[i]!) > 1e-3), "this network is not symmetric");
  });

  test("predictProbabilities() with one window gives the bits of the whole image", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    const image = noise(50, 40);
    const whole = await predictProbabilities(model, image, { window: "whole" });
    for (const window of [[64, 64], [40, 50], [640, 640]] as [number, number][]) {
      assert.deepEqual(await predictProbabilities(model, image, { window }), whole);
    }
    assert.deepEqual(await predictProbabilities(model, image), whole);
  });

  test("predictProbabilities() refuses scales that are none", async () => {
    for (const scales of [[], [0], [1, -1], [NaN], [Infinity]]) {
      await assert.rejects(predictProbabilities(pixelModel(), noise(2, 2), { scales }), {
        name: "RangeError",
        message: /^Cannot predict at scales \[.*\]: name one or more above 0$/,
      });
    }
  });
});

describe("predictPixels()", () => {
  onCpu();

  test("predictPixels() gives what predictProbabilities() gives, whichever way it takes", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    const image = noise(50, 40);
    const pixels = Int32Array.of(0, 51, 1999);
    const ways: InferenceOptions[] = [{}, { flip: true }, { scales: [1, 0.5] }, {
      window: [32, 32],
    }];
    for (const inference of ways) {
      const temperatures = [1, 2.5];
      const { numTensors } = tf.memory();
      const found = await predictPixels(model, image, { ...inference, pixels, temperatures });
      assert.equal(tf.memory().numTensors, numTensors);
      for (const [i, temperature] of temperatures.entries()) {
        const { data } = await predictProbabilities(model, image, { ...inference, temperature });
        const expected = [...pixels].flatMap((pixel) => [...data.slice(3 * pixel, 3 * pixel + 3)]);
        assert.deepEqual([...found[i]!], expected);
      }
      assert.notDeepEqual(found[0], found[1]);
    }
  });
});

test("largestClass() takes the first of equal probabilities", () => {
  const data = new Float32Array([0.2, 0.4, 0.4, 0.5, 0, 0.5]);
  const map = largestClass({ width: 2, height: 1, channels: 3, data });
  assert.deepEqual([...map.data], [1, 0]);
});
