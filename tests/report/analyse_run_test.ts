import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { ConfusionMatrix } from "../../lib/metrics/confusion_matrix.ts";
import { currentBackend } from "../../lib/backend/use_backend.ts";
import { fromLayersModel } from "../../lib/models/from_layers_model.ts";
import { saveSegmentationModel } from "../../lib/models/persistence/saved_model.ts";
import { analyseRun, type PredictedImage } from "../../lib/report/analyse_run.ts";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { readRun } from "../../lib/train/run/read_run.ts";
import { tinyRun } from "../support/tiny_run.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

describe("analyseRun()", () => {
  test("analyseRun() finds the scores of the best validation again and leaves no tensor behind", async () => {
    for (const name of ["fcn8s-vgg16", "resnet50"]) {
      const path = await tinyRun(temporaryFolder(), `model.name=${name}`, "train.maxSteps=4");
      const { validations } = await readRun(path);
      const { numTensors } = tf.memory();
      const analysis = await analyseRun(path);
      assert.equal(tf.memory().numTensors, numTensors);
      const names = analysis.classes.map((c) => c.name);
      const scores = new ConfusionMatrix(names, analysis.confusion).scores();
      assert.deepEqual(scores, validations.findLast(({ best }) => best)!.scores);
      assert.equal(analysis.maps.size, analysis.images);
      assert.equal(analysis.images, analysis.of);
    }
  });

  test("analyseRun() uses the run's inference options: windows, scales, flips, letterbox", async () => {
    const cases = [
      ["inference.window=[32,32]", "inference.scales=[0.75,1]", "inference.flip=true"],
      ["inference.resize=[32,64]", "inference.resizeMode=letterbox"],
    ];
    for (const options of cases) {
      const path = await tinyRun(temporaryFolder(), "train.maxSteps=4", ...options);
      const { validations } = await readRun(path);
      const { classes, confusion, maps } = await analyseRun(path);
      const scores = new ConfusionMatrix(classes.map((c) => c.name), confusion).scores();
      assert.deepEqual(scores, validations.findLast(({ best }) => best)!.scores);
      const [{ width, height, prediction, truth }] = [...maps.values()] as [PredictedImage];
      assert.equal(prediction.length, width * height);
      assert.equal(truth.length, prediction.length);
    }
  });

  test("analyseRun() says once why images are cut into windows", async () => {
    const path = await tinyRun(temporaryFolder(), "train.maxSteps=1");
    const backend = currentBackend()!;
    backend.largestTensorBytes = 48 * 64 * 5 * 4;
    const notices: string[] = [];
    try {
      await analyseRun(path, { images: 2, onNotice: (notice) => void notices.push(notice) });
    } finally {
      backend.largestTensorBytes = null;
    }
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, /^images of 64x64 are predicted in windows of .*inference\.window/);
  });

  test("analyseRun() takes a network of fixed size", async () => {
    const path = await tinyRun(temporaryFolder(), "train.maxSteps=1");
    const { classes, normalize } = await loadModel(path);
    const filters = classes.length;
    const layer = tf.layers.conv2d({ inputShape: [24, 24, 3], filters, kernelSize: 1 });
    const model = fromLayersModel(tf.sequential({ layers: [layer] }));
    await saveSegmentationModel(model, join(path, "best"), { classes, normalize });
    const { images, of, calibration } = await analyseRun(path);
    assert.equal(images, of);
    assert.ok(Number.isFinite(calibration.nll));
  });

  test("analyseRun() fits a temperature that lowers the loss on images that it was not fitted on", async () => {
    const { calibration, fitted, temperature } = await analyseRun(await tinyRun(temporaryFolder()));
    assert.ok(temperature >= 0.25 && temperature <= 4);
    assert.ok(fitted.nll <= calibration.nll + 1e-6);
    assert.equal(fitted.accuracy, calibration.accuracy, "temperature keeps the order of classes");
    assert.equal(fitted.pixels, calibration.pixels);
  });

  test("analyseRun() analyses as many images as asked for, evenly", async () => {
    const analysis = await analyseRun(await tinyRun(temporaryFolder(), "train.maxSteps=1"), {
      images: 3,
    });
    assert.equal(analysis.images, 3);
    assert.ok(analysis.of > 3);
  });
});
