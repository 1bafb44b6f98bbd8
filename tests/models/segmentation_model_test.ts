import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resizeBilinear } from "../../lib/engine/ops/resize_bilinear.ts";
import { probabilityMap } from "../../lib/models/segmentation_model.ts";
import { assertNoLeak, normalTensor } from "../support/gradients.ts";
import { difference, onCpu } from "../support/small_models.ts";

describe("probabilityMap()", () => {
  onCpu();
  const size = { height: 6, width: 8 };
  const logits = () => normalTensor("logits", [2, 3, 4, 5]) as tf.Tensor4D;

  test("probabilityMap() upsamples logits, or probabilities, at temperature T", async () => {
    const z = logits();
    const cooled = tf.div(z, 2) as tf.Tensor4D;
    const first = tf.softmax(resizeBilinear(cooled, size));
    const last = resizeBilinear(tf.softmax(cooled) as tf.Tensor4D, size);
    const options = { temperature: 2, ...size };
    const map = probabilityMap(z, { ...options, upsampleOrder: "logits" });
    assert.deepEqual(map.shape, [2, 6, 8, 5]);
    assert.ok(await difference(map, first) < 1e-6);
    const other = probabilityMap(z, { ...options, upsampleOrder: "probabilities" });
    assert.ok(await difference(other, last) < 1e-6);
    assert.ok(await difference(map, other) > 1e-4);
  });

  test("probabilityMap() leaks nothing", () => {
    const z = logits();
    assertNoLeak(() =>
      tf.tidy(() => probabilityMap(z, { temperature: 1, upsampleOrder: "logits", ...size }))
    );
  });
});
