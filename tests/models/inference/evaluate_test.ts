import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import type { Size } from "../../../lib/util/schema.ts";
import type { Dataset, LabelMap, Sample } from "../../../lib/data/dataset.ts";
import { ConfusionMatrix } from "../../../lib/metrics/confusion_matrix.ts";
import { evaluate } from "../../../lib/models/inference/evaluate.ts";
import { predict } from "../../../lib/models/inference/predict.ts";
import { fromLayersModel } from "../../../lib/models/from_layers_model.ts";
import type { SegmentationModel } from "../../../lib/models/segmentation_model.ts";
import { type BackendInfo, useBackend } from "../../../lib/backend/use_backend.ts";
import { randomStream } from "../../../lib/util/random.ts";

const normalize: NormalizeConfig = { order: "rgb", mean: [0, 0, 0], std: [255, 255, 255] };

/** A network that says red, green or blue of each pixel alone. */
function pixelModel(): SegmentationModel {
  const layer = tf.layers.rescaling({ scale: 4, inputShape: [null, null, 3] });
  return fromLayersModel(tf.sequential({ layers: [layer] }), { inputMultiple: 1 });
}

/** Pictures of several sizes in noise, with labels that the colour gives away half of the time. */
function noisySamples(): Sample[] {
  return ([[12, 8], [12, 8], [5, 9]] as const).map(([width, height], n) => {
    const stream = randomStream(n, "sample");
    const label = { width, height, data: new Uint8Array(width * height) };
    const image = { width, height, data: new Uint8Array(width * height * 3) };
    for (let i = 0; i < label.data.length; i++) {
      const colour = Math.floor(stream.uniform() * 3);
      image.data[3 * i + colour] = 255;
      const truth = Math.floor(stream.uniform() * 4);
      label.data[i] = truth === 3 ? 255 : stream.uniform() < 0.5 ? colour : truth;
    }
    return { id: `s${n}`, image, label };
  });
}

function datasetOf(samples: Sample[]): Dataset {
  return {
    name: "noise",
    split: "val",
    classes: ["r", "g", "b"].map((name) => ({ name, color: [0, 0, 0] })),
    ignoreLabel: 255,
    ids: samples.map(({ id }) => id),
    read: (index) => Promise.resolve(samples[index]!),
  };
}

/** What the network says of a pixel, counted with plain loops. */
function expectedScores(samples: Sample[]) {
  const matrix = new ConfusionMatrix(["r", "g", "b"]);
  for (const { image, label } of samples) {
    const prediction = label.data.map((_, i) => [0, 1, 2].findIndex((c) => image.data[3 * i + c]!));
    matrix.add({ truth: label.data, prediction });
  }
  return matrix.scores();
}

describe("evaluate()", () => {
  let backend: BackendInfo;
  before(async () => {
    backend = await useBackend({ backend: "cpu" });
  });

  test("evaluate() sums all pixels in one matrix, in batches, windows or one by one", async () => {
    const samples = noisySamples();
    const expected = expectedScores(samples);
    assert.ok(expected.mIoU > 0.3 && expected.mIoU < 0.9);
    const ways = [{}, { batch: 2 }, { window: [3, 5] as Size, overlap: 0.5, batch: 2 }, {
      flip: true,
    }];
    for (const inference of ways) {
      const progress: number[] = [];
      const scores = await evaluate(pixelModel(), datasetOf(samples), {
        normalize,
        ...inference,
        onProgress: (done) => progress.push(done),
      });
      assert.deepEqual(scores, expected);
      assert.equal(progress.at(-1), 3);
    }
  });

  test("evaluate() never scores the padding of a letterbox, and cuts it off predictions", async () => {
    const samples = noisySamples().slice(0, 2); // 12×8: as they are, above four rows of padding
    const options = { normalize, ignored: "false-positive" as const };
    const maps: LabelMap[] = [];
    const scores = await evaluate(pixelModel(), datasetOf(samples), {
      ...options,
      resize: [12, 12],
      resizeMode: "letterbox",
      onPrediction: (map) => void maps.push(map),
    });
    const own: LabelMap[] = [];
    const expected = await evaluate(pixelModel(), datasetOf(samples), {
      ...options,
      onPrediction: (map) => void own.push(map),
    });
    assert.deepEqual(scores, expected);
    assert.deepEqual(maps, own);
    assert.notDeepEqual(scores, expectedScores(samples), "ignored pixels count here");
  });

  test("evaluate() scores resized images at the labels' own size, or at theirs, and says which", async () => {
    // Rows of one class, too thin for half the height: a resized label has lost them
    const [width, height] = [4, 8];
    const label = { width, height, data: new Uint8Array(32).map((_, i) => (i >> 2) % 2) };
    const image = { width, height, data: new Uint8Array(96) };
    for (let i = 0; i < 32; i++) image.data[3 * i + 1] = 255;
    const dataset = datasetOf([{ id: "rows", image, label }]);
    const options = { normalize, resize: [4, 4] as Size };
    const kept = await evaluate(pixelModel(), dataset, options);
    assert.deepEqual([kept.pAcc, kept.scoreSize], [0.5, undefined]);
    assert.deepEqual(kept, await evaluate(pixelModel(), dataset, { normalize }));
    const resized = await evaluate(pixelModel(), dataset, { ...options, scoreSize: "resized" });
    assert.deepEqual([resized.pAcc, resized.scoreSize], [1, "resized"]);
  });

  test("evaluate() gives the maps of predict(), whatever the size", async () => {
    const samples = noisySamples();
    const options = {
      normalize,
      resize: [7, 11] as Size,
      resizeMode: "letterbox" as const,
      flip: true,
    };
    const maps: LabelMap[] = [];
    const onPrediction = (map: LabelMap) => void maps.push(map);
    await evaluate(pixelModel(), datasetOf(samples), { ...options, onPrediction, batch: 2 });
    for (const [i, { image }] of samples.entries()) {
      assert.deepEqual(maps[i], await predict(pixelModel(), image, options));
    }
  });

  test("evaluate() matches classes by name: another order scores the same, and is said", async () => {
    const samples = noisySamples();
    const straight = await evaluate(pixelModel(), datasetOf(samples), { normalize });
    const turned = samples.map(({ id, image, label }) => ({
      id,
      image,
      label: { ...label, data: label.data.map((value) => value === 255 ? 255 : 2 - value) },
    }));
    const own = datasetOf(turned);
    const dataset = { ...own, classes: own.classes.toReversed() };
    const notices: string[] = [];
    const maps: LabelMap[] = [];
    const scores = await evaluate(pixelModel(), dataset, {
      normalize,
      classes: own.classes,
      onNotice: (notice) => void notices.push(notice),
      onPrediction: (map) => void maps.push(map),
    });
    assert.deepEqual(scores, straight);
    assert.equal(notices.length, 1);
    assert.match(
      notices[0]!,
      /^data set "noise" lists its classes in another order \(b, g, r\) than/,
    );
    const first = samples[0]!.image.data.subarray(0, 3).indexOf(255);
    assert.equal(maps[0]!.data[0], 2 - first, "in the data set's own indices");
    const others = ["r", "g", "x"].map((name) => ({ name }));
    await assert.rejects(evaluate(pixelModel(), dataset, { normalize, classes: others }), {
      name: "ClassMismatchError",
      message: /"noise" has the classes b, g, r, the network .* has r, g, x: only the same names/,
    });
  });

  test("evaluate() says once a size why it takes windows, and scores the same", async () => {
    const samples = noisySamples();
    const notices: string[] = [];
    backend.largestTensorBytes = 12 * 7 * 3 * 4;
    try {
      const onNotice = (notice: string) => void notices.push(notice);
      const scores = await evaluate(pixelModel(), datasetOf(samples), { normalize, onNotice });
      assert.deepEqual(scores, expectedScores(samples));
    } finally {
      backend.largestTensorBytes = null;
    }
    assert.equal(notices.length, 1);
    assert.match(
      notices[0]!,
      /^images of 12x8 are predicted in windows of 7x8 \(inference\.window\)/,
    );
  });

  test("evaluate() refuses a data set of other classes", async () => {
    const dataset = { ...datasetOf(noisySamples()), classes: [] };
    await assert.rejects(evaluate(pixelModel(), dataset, { normalize }), {
      name: "RangeError",
      message: /with 3 classes on noise with 0: the number of classes must be equal$/,
    });
  });
});
