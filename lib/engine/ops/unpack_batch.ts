/**
 * From the bytes of a batch to network input.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UNPACK_BATCH, type UnpackBatchAttrs } from "./kernels.ts";
import { hasKernel } from "./training_kernel.ts";

/** How to read the bytes. */
export interface UnpackBatchOptions extends UnpackBatchAttrs {
  /** The value of level v in channel c at c·256 + v, `[768]`. */
  values: Float32Array;
}

/**
 * Normalises a batch and separates its labels. On WebGPU the bytes are uploaded as they are, four a
 * pixel, and normalised on the device; elsewhere on the host. Both are bit-identical.
 *
 * @param bytes RGB pixels `[b, h, w, 3]`, then class indices `[b, h, w]`.
 * @param options Shape, values of the levels and order of the channels.
 * @returns `images [b, h, w, 3]` and int32 `labels [b, h, w]`, owned by the caller.
 * @throws {RangeError} If the number of bytes is not 4·b·h·w.
 *
 * @example
 * ```ts
 * import { useBackend } from "@segadv/segadv";
 * import { normalizationTable } from "@segadv/segadv/data";
 * import { unpackBatch } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const table = normalizationTable({ order: "rgb", mean: [1, 1, 1], std: [1, 1, 1] });
 * const bytes = new Uint8Array([10, 20, 30, 255]); // one pixel and its label
 * const { images, labels } = unpackBatch(bytes, { shape: [1, 1, 1], ...table });
 * assert.deepEqual([...await images.data()], [9, 19, 29]);
 * assert.deepEqual([...await labels.data()], [255]);
 * ```
 */
export function unpackBatch(
  bytes: Uint8Array,
  options: UnpackBatchOptions,
): { images: tf.Tensor4D; labels: tf.Tensor3D } {
  const { shape, reversed, values } = options;
  const pixels = shape[0] * shape[1] * shape[2];
  if (bytes.length !== 4 * pixels) {
    throw new RangeError(
      `Cannot unpack ${bytes.length} bytes into a batch of [${shape}]: four bytes a pixel are ` +
        `${4 * pixels}`,
    );
  }
  const unpack = hasKernel(UNPACK_BATCH) ? unpackOnDevice : unpackOnHost;
  return unpack(bytes, { shape, reversed, values });
}

function unpackOnDevice(
  bytes: Uint8Array,
  { shape, reversed, values }: UnpackBatchOptions,
): { images: tf.Tensor4D; labels: tf.Tensor3D } {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length / 4);
  const inputs = { bytes: tf.tensor1d(words, "int32"), table: tf.tensor1d(values) };
  const attrs = { shape, reversed } satisfies UnpackBatchAttrs;
  const outputs = tf.engine().runKernel(UNPACK_BATCH, inputs, attrs) as unknown;
  tf.dispose(inputs);
  const [images, labels] = outputs as [tf.Tensor4D, tf.Tensor3D];
  return { images, labels };
}

function unpackOnHost(
  bytes: Uint8Array,
  { shape, reversed, values }: UnpackBatchOptions,
): { images: tf.Tensor4D; labels: tf.Tensor3D } {
  const count = bytes.length / 4 * 3;
  const images = new Float32Array(count);
  const [first, last] = reversed ? [2, 0] : [0, 2];
  for (let i = 0; i < count; i += 3) {
    images[i] = values[bytes[i + first]!]!;
    images[i + 1] = values[256 + bytes[i + 1]!]!;
    images[i + 2] = values[512 + bytes[i + last]!]!;
  }
  return {
    images: tf.tensor4d(images, [...shape, 3]),
    labels: tf.tensor3d(Int32Array.from(bytes.subarray(count)), shape, "int32"),
  };
}
