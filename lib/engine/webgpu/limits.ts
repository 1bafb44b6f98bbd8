/**
 * Whether tensors fit: into one binding of the adapter, where a larger one would silently compute
 * zeros, and beside the others into its memory.
 *
 * @module
 */
import { mebibytes } from "../../util/format.ts";

/** What a tensor is checked against. */
export interface TensorLimit {
  /** Largest tensor in bytes that one kernel can bind. */
  bytes: number;
  /** Name of the adapter, for the message. */
  device: string;
}

/**
 * Largest tensor that a device with these limits can bind as one storage buffer, in bytes.
 *
 * @example
 * ```ts
 * import { largestTensorBytes } from "@segadv/segadv/webgpu";
 * import assert from "node:assert/strict";
 *
 * const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };
 * assert.equal(largestTensorBytes(limits), 2 ** 27);
 * ```
 */
export function largestTensorBytes(limits: Record<string, number>): number {
  const binding = limits.maxStorageBufferBindingSize ?? 0;
  const buffer = limits.maxBufferSize ?? 0;
  // tfjs indexes with 32-bit signed integers.
  return Math.min(binding, buffer, 2 ** 31 - 4);
}

/**
 * Checks that a tensor of `bytes` fits; `what` names it.
 *
 * @throws {RangeError} If it does not; the message names limit, tensor and remedy.
 *
 * @example Refusing a tensor that the adapter cannot bind
 * ```ts
 * import { assertTensorFits } from "@segadv/segadv/webgpu";
 * import assert from "node:assert/strict";
 *
 * const limit = { bytes: 128 * 2 ** 20, device: "llvmpipe" };
 * assertTensorFits(64 * 2 ** 20, "logits [4,128,128,21]", limit);
 * assert.throws(() => assertTensorFits(2 ** 30, "fc6 kernel", limit), RangeError);
 * ```
 */
export function assertTensorFits(bytes: number, what: string, limit: TensorLimit): void {
  if (bytes <= limit.bytes) return;
  throw new RangeError(
    `Cannot put ${what} on ${limit.device}: it takes ${mebibytes(bytes)} and the adapter binds ` +
      `at most ${mebibytes(limit.bytes)} in one tensor; lower data.batch, data.crop or ` +
      `model.width, or use another backend`,
  );
}

/** A tensor that a buffer is allocated for. */
export interface BufferPurpose {
  dtype: string;
  shape: readonly number[];
}

/** The tensor in words, for messages. */
export function describeTensor({ dtype, shape }: BufferPurpose): string {
  return `${dtype} tensor [${shape}]`;
}

/** The error for an allocation of `bytes` that would exceed the cap. */
export function outOfMemoryError(
  what: string,
  sizes: { bytes: number; used: number; cap: number },
): RangeError {
  const { bytes, used, cap } = sizes;
  return new RangeError(
    `Out of adapter memory: ${what} of ${mebibytes(bytes)} does not fit beside ` +
      `${mebibytes(used)} in use under the cap of ${mebibytes(cap)}; ` +
      `lower data.batch, data.crop or model.width`,
  );
}
