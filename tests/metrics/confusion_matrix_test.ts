import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfusionMatrix } from "../../lib/metrics/confusion_matrix.ts";

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12);
}

describe("ConfusionMatrix", () => {
  test("ConfusionMatrix.scores() gives the thesis' worked example: 81.25 %, 70 % and 66.67 %, 68.33 %", () => {
    const { pAcc, mIoU, classes } = new ConfusionMatrix(["a", "b"], [7, 2, 1, 6]).scores();
    assert.equal(pAcc, 0.8125);
    assert.equal(classes[0]!.iou, 0.7);
    assert.equal(classes[1]!.iou, 6 / 9);
    close(mIoU, (0.7 + 6 / 9) / 2);
  });

  test("ConfusionMatrix.scores() reports a class that occurs nowhere as absent, not as 0 or NaN", () => {
    const matrix = new ConfusionMatrix(["a", "b", "never"]);
    matrix.add({ truth: [0, 1], prediction: [0, 1] });
    const { mIoU, mAcc, fwIoU, classes } = matrix.scores();
    assert.deepEqual(classes[2], {
      name: "never",
      iou: null,
      accuracy: null,
      pixels: 0,
      predicted: 0,
    });
    assert.deepEqual([mIoU, mAcc, fwIoU], [1, 1, 1]);
  });

  test("ConfusionMatrix.scores() gives 0, not NaN, when no pixel is valid", () => {
    const matrix = new ConfusionMatrix(["a", "b"]);
    matrix.add({ truth: [255, 255], prediction: [0, 1] });
    const { pAcc, mIoU, fwIoU, mAcc } = matrix.scores();
    assert.deepEqual([pAcc, mIoU, fwIoU, mAcc], [0, 0, 0, 0]);
  });

  test("ConfusionMatrix.scores() counts a class that is only predicted with IoU 0", () => {
    const matrix = new ConfusionMatrix(["a", "b"]);
    matrix.add({ truth: [0, 0], prediction: [0, 1] });
    assert.deepEqual(matrix.scores().classes.map((c) => c.iou), [0.5, 0]);
  });

  test("ConfusionMatrix.add() counts a prediction outside the classes as a miss", () => {
    const matrix = new ConfusionMatrix(["a", "b"]);
    matrix.add({ truth: [0, 0, 1], prediction: [0, 7, 1] });
    assert.equal(matrix.scores().pAcc, 2 / 3);
    assert.equal(matrix.scores().classes[0]!.iou, 0.5);
  });

  test("ConfusionMatrix.scores() weights IoU by frequency", () => {
    const matrix = new ConfusionMatrix(["a", "b"], [6, 2, 0, 2]);
    close(matrix.scores().fwIoU, 0.8 * (6 / 8) + 0.2 * (2 / 4));
  });

  test("ConfusionMatrix.add() does not depend on how pixels are divided among calls", () => {
    const pixel = fc.record({ t: fc.constantFrom(0, 1, 2, 255), p: fc.nat(2) });
    fc.assert(fc.property(fc.array(pixel, { minLength: 1 }), fc.nat(), (pixels, at) => {
      const cut = at % pixels.length;
      const add = (matrix: ConfusionMatrix, part: typeof pixels) =>
        matrix.add({ truth: part.map(({ t }) => t), prediction: part.map(({ p }) => p) });
      const [whole, parts] = [
        new ConfusionMatrix(["a", "b", "c"]),
        new ConfusionMatrix(["a", "b", "c"]),
      ];
      add(whole, pixels);
      add(parts, pixels.slice(0, cut));
      add(parts, pixels.slice(cut));
      assert.deepEqual(parts.scores(), whole.scores());
      const total = whole.counts.reduce((a, b) => a + b, 0);
      assert.equal(total, pixels.filter(({ t }) => t !== 255).length);
    }));
  });

  test("ConfusionMatrix.add() refuses maps of different size", () => {
    const matrix = new ConfusionMatrix(["a"]);
    assert.throws(() => matrix.add({ truth: [0], prediction: [] }), /1 pixels, the prediction 0/);
    assert.throws(() => new ConfusionMatrix(["a"], [1, 2]), /1 classes from 2 counts/);
  });
});
