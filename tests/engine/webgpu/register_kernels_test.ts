import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";
import {
  KERNEL_NAMES,
  registerKernels,
  unregisterKernels,
} from "../../../lib/engine/webgpu/register_kernels.ts";

test("registerKernels() replaces tfjs's kernels once and unregisterKernels() restores them", () => {
  const original = KERNEL_NAMES.map((name) => tf.getKernel(name, "webgpu")?.kernelFunc);
  assert(original.some((run) => run !== undefined) && original.some((run) => run === undefined));
  registerKernels();
  registerKernels();
  KERNEL_NAMES.forEach((name, i) => {
    const run = tf.getKernel(name, "webgpu")?.kernelFunc;
    assert(run !== undefined && run !== original[i], name);
  });
  unregisterKernels();
  unregisterKernels();
  assert.deepEqual(KERNEL_NAMES.map((name) => tf.getKernel(name, "webgpu")?.kernelFunc), original);
});
