import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";
import {
  restoreTfjsKernel,
  saveTfjsKernel,
  sizeOf,
  tfjsKernel,
} from "../../../../lib/engine/webgpu/kernels/kernel.ts";

test("sizeOf() is the number of values, 1 for a scalar", () => {
  const size = (shape: number[]) => sizeOf({ shape, dtype: "float32", dataId: {} });
  assert.deepEqual([[], [3], [2, 0], [2, 3, 4]].map(size), [1, 3, 0, 24]);
});

test("tfjsKernel() is the kernel that was saved, and restoreTfjsKernel() registers it again", () => {
  const original = tf.getKernel("Relu", "webgpu").kernelFunc;
  saveTfjsKernel("Relu");
  tf.unregisterKernel("Relu", "webgpu");
  restoreTfjsKernel("Relu");
  assert.equal(tf.getKernel("Relu", "webgpu").kernelFunc, original);
  assert.equal(tfjsKernel("Relu"), original);
  restoreTfjsKernel("Unknown");
  assert.throws(() => tfjsKernel("Unknown"), /no WebGPU kernel Unknown/);
});
