import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";

before(() => useBackend({ backend: "cpu" }));

function dense(name: string): tf.LayersModel {
  const layer = tf.layers.dense({ name, units: 2, inputShape: [3], kernelInitializer: "ones" });
  return tf.sequential({ layers: [layer] });
}

test("weightsSha256() covers names, shapes and little-endian values in order", async () => {
  const hash = createHash("sha256");
  const ones = new DataView(new ArrayBuffer(24));
  for (let i = 0; i < 6; i++) ones.setFloat32(4 * i, 1, true);
  hash.update("a/kernel [3,2]\n").update(new Uint8Array(ones.buffer));
  hash.update("a/bias [2]\n").update(new Uint8Array(8));
  assert.equal(await weightsSha256(dense("a")), hash.digest("hex"));
});

test("weightsSha256() does not depend on how often a model was built, but on every value", async () => {
  const [first, second] = [dense("b"), dense("b")];
  assert.equal(await weightsSha256(first), await weightsSha256(second));
  second.setWeights([tf.ones([3, 2]), tf.tensor1d([0, 1e-30])]);
  assert.notEqual(await weightsSha256(first), await weightsSha256(second));
  assert.notEqual(await weightsSha256(first), await weightsSha256(dense("c")));
});
