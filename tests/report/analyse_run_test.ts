import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { ConfusionMatrix } from "../../lib/metrics/confusion_matrix.ts";
import { analyseRun } from "../../lib/report/analyse_run.ts";
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
