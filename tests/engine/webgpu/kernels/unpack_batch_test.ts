import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { unpackBatch } from "../../../../lib/engine/ops/unpack_batch.ts";
import { trainingBackend } from "../../../../lib/engine/webgpu/mod.ts";
import { describeWebgpu } from "./_compare.ts";

describeWebgpu("unpackBatch", () => {
  test("unpackBatch() uploads a batch at once, four bytes a pixel, and a table", () => {
    const { counters } = trainingBackend();
    const before = { ...counters };
    const shape: [number, number, number] = [2, 31, 33];
    const pixels = 2 * 31 * 33;
    const values = new Float32Array(768);
    const made = unpackBatch(new Uint8Array(4 * pixels), { shape, values, reversed: false });
    assert.equal(counters.uploads - before.uploads, 2);
    assert.equal(counters.uploadBytes - before.uploadBytes, 4 * pixels + 4 * 768);
    assert.equal(counters.dispatches - before.dispatches, 1);
    tf.dispose([made.images, made.labels]);
  });
});
