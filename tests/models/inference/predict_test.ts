import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import { predict, predictBatch } from "../../../lib/models/inference/predict.ts";
import type { SegmentationModel, UpsampleOrder } from "../../../lib/models/segmentation_model.ts";
import { useBackend } from "../../../lib/backend/use_backend.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";
import { onCpu } from "../../support/small_models.ts";

const NORMALIZE: NormalizeConfig = { order: "rgb", mean: [0, 0, 0], std: [255, 255, 255] };

/** A network whose logits are the mean colour of each square of `stride` pixels. */
function colourModel(
  options: { stride: number; upsampleOrder: UpsampleOrder; gain?: number },
): SegmentationModel {
  const { stride, upsampleOrder, gain = 1 } = options;
  const pool = tf.layers.averagePooling2d({
    inputShape: [null, null, 3],
    poolSize: stride,
    strides: stride,
  });
  const scale = tf.layers.rescaling({ scale: gain });
  const layers = tf.sequential({ layers: [pool, scale] });
  return fromLayersModel(layers, { upsampleOrder, inputMultiple: stride });
}

/** An image of pure red, green and blue pixels, by index. */
function coloured(width: number, indices: number[]) {
  const data = new Uint8Array(indices.length * 3);
  indices.forEach((index, i) => data[3 * i + index] = 255);
  return { width, height: indices.length / width, data };
}

describe("predict()", () => {
  onCpu();

  test("predict() gives the largest class of each pixel at the image's own size", async () => {
    const model = colourModel({ stride: 1, upsampleOrder: "logits" });
    const indices = [0, 1, 2, 2, 1, 0];
    const map = await predict(model, coloured(3, indices), { normalize: NORMALIZE });
    assert.deepEqual({ ...map, data: [...map.data] }, { width: 3, height: 2, data: indices });
  });

  test("predict() pads a size that the network cannot take, and crops back", async () => {
    const model = colourModel({ stride: 4, upsampleOrder: "logits" });
    const indices = Array.from({ length: 5 * 7 }, (_, i) => i % 5 < 4 ? 2 : 1);
    const before = tf.memory().numTensors;
    const map = await predict(model, coloured(5, indices), { normalize: NORMALIZE });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([map.width, map.height, map.data.length], [5, 7, 35]);
    assert.ok(map.data.every((value, i) => i % 5 < 3 ? value === 2 : value > 0));
  });

  test("predict() cuts a letterbox away and resizes probabilities back", async () => {
    const model = colourModel({ stride: 1, upsampleOrder: "logits" });
    // Left half red, right half blue; enlarged, the border stays where it was
    const indices = Array.from({ length: 8 * 4 }, (_, i) => i % 8 < 4 ? 0 : 2);
    const image = coloured(8, indices);
    for (const resize of [[16, 16], [8, 8], [4, 12], [3, 8]] as [number, number][]) {
      const options = { normalize: NORMALIZE, resize, resizeMode: "letterbox" as const };
      const map = await predict(model, image, options);
      assert.deepEqual({ ...map, data: [...map.data] }, { width: 8, height: 4, data: indices });
      const stretched = await predict(model, image, { ...options, resizeMode: "stretch" });
      assert.deepEqual([...stretched.data], indices);
    }
  });

  test("predict() gives the same map in windows, mirrored or not, where a pixel decides alone", async () => {
    const model = colourModel({ stride: 1, upsampleOrder: "logits" });
    const indices = Array.from({ length: 40 * 24 }, (_, i) => (i * i >> 3) % 3);
    const image = coloured(40, indices);
    for (const flip of [false, true]) {
      const options = { normalize: NORMALIZE, window: [7, 9] as [number, number], flip };
      assert.deepEqual([...(await predict(model, image, options)).data], indices);
    }
  });

  test("predict() follows the upsampleOrder order between two cells", async () => {
    // Cells of logits (9, 0, 0) and (0, 0, 5): the logits meet nearer the second cell than the
    // probabilities, which are both close to one.
    const data = new Uint8Array(16 * 8 * 3);
    for (let i = 0; i < 16 * 8; i++) {
      if (i % 16 < 8) data[3 * i] = 255;
      else data[3 * i + 2] = 142;
    }
    const image = { width: 16, height: 8, data };
    const border = async (upsampleOrder: UpsampleOrder) => {
      const model = colourModel({ stride: 8, upsampleOrder, gain: 9 });
      const map = await predict(model, image, { normalize: NORMALIZE });
      return [...map.data.subarray(0, 16)].indexOf(2);
    };
    assert.equal(await border("probabilities"), 8);
    assert.equal(await border("logits"), 9);
  });
});

test("predict() takes windows where a WebGPU adapter cannot bind the whole, and sees the same", {
  skip: await noAdapter(),
}, async () => {
  const backend = await useBackend({ backend: "webgpu" });
  try {
    const model = colourModel({ stride: 1, upsampleOrder: "logits" });
    const indices = Array.from({ length: 40 * 24 }, (_, i) => (i * i >> 3) % 3);
    const notices: string[] = [];
    const onNotice = (notice: string) => void notices.push(notice);
    backend.largestTensorBytes = 4 * 3 * 300; // of 960 pixels
    const map = await predict(model, coloured(40, indices), { normalize: NORMALIZE, onNotice });
    assert.deepEqual([...map.data], indices);
    assert.match(
      notices[0]!,
      /^images of 40x24 are predicted in windows of .* binds at most 0\.0 MiB$/,
    );
  } finally {
    await backend.dispose();
    await useBackend({ backend: "cpu" });
  }
});

describe("predictBatch()", () => {
  onCpu();

  test("predictBatch() gives each image the map that it gets alone", async () => {
    const model = colourModel({ stride: 1, upsampleOrder: "logits" });
    const image = (values: number[]) => ({
      width: 2,
      height: 1,
      image: Float32Array.from(values),
    });
    const images = [image([1, 0, 0, 0, 1, 0]), image([0, 0, 1, 0, 0, 1])];
    const maps = await predictBatch(model, images);
    assert.deepEqual(maps.map((map) => [...map]), [[0, 1], [2, 2]]);
  });

  test("predictBatch() refuses images of several sizes and empty ones", async () => {
    const model = colourModel({ stride: 1, upsampleOrder: "logits" });
    const image = (width: number) => ({ width, height: 1, image: new Float32Array(3 * width) });
    await assert.rejects(predictBatch(model, [image(1), image(2)]), {
      name: "RangeError",
      message: /1x1 and 2x1 pixels in one batch/,
    });
    await assert.rejects(predictBatch(model, [image(0)]), /0x1 pixels: it is empty/);
  });
});
