import assert from "node:assert/strict";
import { describe, test } from "node:test";
import constants from "../../fixtures/statistics.json" with { type: "json" };
import { CalibrationEvaluation } from "../../lib/metrics/calibration.ts";

describe("CalibrationEvaluation", () => {
  test("CalibrationEvaluation.result() agrees with NumPy and SciPy", () => {
    for (const { probabilities, classes, truth, ...expected } of constants.calibration) {
      const evaluation = new CalibrationEvaluation(classes);
      const half = Math.floor(truth.length / 2);
      evaluation.add({
        probabilities: probabilities.slice(0, half * classes),
        truth: truth.slice(0, half),
      });
      evaluation.add({
        probabilities: probabilities.slice(half * classes),
        truth: truth.slice(half),
      });
      const found = evaluation.result();
      for (const key of ["ece", "nll", "brier", "accuracy"] as const) {
        assert.ok(Math.abs(found[key] - expected[key]) < 1e-9, `${key}: ${found[key]}`);
      }
      // the constants' vectors are float32 and do not sum to 1 to the last digit
      assert.ok(Math.abs(found.entropy.all - expected.entropy) < 1e-6);
    }
  });

  test("CalibrationEvaluation.add() leaves ignored pixels out", () => {
    const evaluation = new CalibrationEvaluation(2);
    evaluation.add({ probabilities: [1, 0, 0, 1], truth: [255, 1] });
    const { pixels, accuracy, ece, nll } = evaluation.result();
    assert.deepEqual({ pixels, accuracy, ece, nll: Math.abs(nll) }, {
      pixels: 1,
      accuracy: 1,
      ece: 0,
      nll: 0,
    });
  });

  test("CalibrationEvaluation.result() keeps the loss of a certain mistake finite", () => {
    const evaluation = new CalibrationEvaluation(2);
    evaluation.add({ probabilities: [1, 0], truth: [1] });
    const { nll, ece, brier } = evaluation.result();
    assert.ok(Number.isFinite(nll) && nll > 20);
    assert.deepEqual([ece, brier], [1, 2]);
  });

  test("CalibrationEvaluation.result() says zero without pixels", () => {
    assert.equal(new CalibrationEvaluation(3).result().pixels, 0);
    assert.equal(new CalibrationEvaluation(3).result().ece, 0);
  });

  test("CalibrationEvaluation.add() refuses vectors of another length", () => {
    const add = () => new CalibrationEvaluation(3).add({ probabilities: [1, 0], truth: [0] });
    assert.throws(add, /1 pixels of 3 classes from 2/);
  });
});
