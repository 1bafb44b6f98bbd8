import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Operation } from "../../../lib/models/builders/operation.ts";
import { onCpu } from "../../support/small_models.ts";

onCpu();

test("Operation.call() runs its function and passes on whether it trains", async () => {
  const seen: boolean[] = [];
  const layer = new Operation({
    name: "double",
    run(x, { training }) {
      seen.push(training);
      return tf.mul(x, 2);
    },
  });
  const y = layer.apply(tf.ones([1, 1, 1, 2])) as tf.Tensor;
  tf.dispose(layer.apply(tf.ones([1, 1, 1, 2]), { training: true }) as tf.Tensor);
  assert.deepEqual([...await y.data()], [2, 2]);
  assert.deepEqual(seen, [false, true]);
});

test("Operation.computeOutputShape() keeps the shape unless given another", () => {
  const run = (x: tf.Tensor) => x.clone();
  assert.deepEqual(
    new Operation({ name: "a", run }).computeOutputShape([null, 4, 4, 3]),
    [null, 4, 4, 3],
  );
  const outputShape = ([b, h, w, c]: tf.Shape): tf.Shape => [b!, 2 * h!, 2 * w!, c!];
  const layer = new Operation({ name: "b", run, outputShape });
  assert.deepEqual(layer.computeOutputShape([null, 4, 4, 3]), [null, 8, 8, 3]);
});
