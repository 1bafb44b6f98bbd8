import { test } from "node:test";
import assert from "node:assert/strict";
import {
  assertTensorFits,
  describeTensor,
  largestTensorBytes,
  outOfMemoryError,
} from "../../../lib/engine/webgpu/limits.ts";

test("largestTensorBytes() is the smallest of binding, buffer and 32-bit index", () => {
  const MiB = 2 ** 20;
  const limits = { maxStorageBufferBindingSize: 128 * MiB, maxBufferSize: 256 * MiB };
  assert.equal(largestTensorBytes(limits), 128 * MiB);
  const large = { maxStorageBufferBindingSize: 2 ** 40, maxBufferSize: 2 ** 40 };
  assert.equal(largestTensorBytes(large), 2 ** 31 - 4);
});

test("assertTensorFits() names tensor, sizes, adapter and remedy", () => {
  const limit = { bytes: 2 ** 20, device: "llvmpipe" };
  assertTensorFits(2 ** 20, "x", limit);
  assert.throws(
    () => assertTensorFits(2 ** 20 + 4, "conv1 output [16,416,416,64]", limit),
    (error: Error) =>
      error instanceof RangeError &&
      /conv1 output \[16,416,416,64\] on llvmpipe.*1\.0 MiB.*data\.batch/.test(error.message),
  );
});

test("outOfMemoryError() names tensor, sizes and remedy", () => {
  const what = describeTensor({ dtype: "float32", shape: [2, 3] });
  const error = outOfMemoryError(what, { bytes: 2 ** 20, used: 2 ** 21, cap: 2 ** 21 });
  assert(error instanceof RangeError);
  assert.match(
    error.message,
    /float32 tensor \[2,3\] of 1\.0 MiB .* 2\.0 MiB in use .*data\.batch/,
  );
});
