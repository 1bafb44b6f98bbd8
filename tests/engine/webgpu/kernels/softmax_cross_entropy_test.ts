import { test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { softmaxCrossEntropy } from "../../../../lib/engine/ops/labels.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("softmaxCrossEntropy", () => {
  const cases = [
    { pixels: 5, classes: 3, temperature: 1 },
    { pixels: 300, classes: 21, temperature: 0.5 },
    { pixels: 1000, classes: 2, temperature: 2 },
    { pixels: 70000, classes: 2, temperature: 1 },
  ];
  for (const { pixels, classes, temperature } of cases) {
    test(`softmaxCrossEntropy() of ${pixels}x${classes} at T = ${temperature}`, async () => {
      await assertSame(() => {
        const logits = tf.mul(normal([1, pixels, 1, classes]), 4) as tf.Tensor4D;
        const values = Array.from({ length: pixels }, (_, i) => i % 7 === 0 ? 255 : i % classes);
        const labels = tf.tensor3d(values, [1, pixels, 1], "int32");
        const loss = (t: tf.Tensor) =>
          softmaxCrossEntropy({ logits: t as tf.Tensor4D, labels }, {
            temperature,
            scale: 1 / pixels,
          });
        return [loss(logits), tf.grad(loss)(logits)];
      });
    });
  }

  test("softmaxCrossEntropy() gives the thesis' example, and 0 where all is ignored", async () => {
    const logits = tf.tensor4d([0, 7.34, 8, 7.27, 0, 0], [1, 1, 1, 6]);
    const expected: [number, number][] = [[1, 0.693], [0.5, 0.405], [2, 0.903]];
    for (const [temperature, value] of expected) {
      const labels = tf.tensor3d([2], [1, 1, 1], "int32");
      const loss = softmaxCrossEntropy({ logits, labels }, { temperature, scale: 1 });
      assert(Math.abs((await loss.data())[0]! - value) < 5e-4);
    }
    const ignored = tf.tensor3d([255], [1, 1, 1], "int32");
    const loss = softmaxCrossEntropy({ logits, labels: ignored }, { temperature: 1, scale: 1 });
    assert.equal((await loss.data())[0], 0);
  });
});
