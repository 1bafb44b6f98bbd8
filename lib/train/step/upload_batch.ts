import * as tf from "@tensorflow/tfjs";
import { normalizationTable, normalizeInto } from "../../data/transforms/network_input.ts";
import type { DataConfig, NormalizeConfig } from "../../data/data_config.ts";
import type { HostBatch } from "../../data/loader/batch.ts";
import { unpackBatch } from "../../engine/ops/unpack_batch.ts";

/** Normalised images and labels of a batch, owned by the caller. */
export function uploadBatch(
  batch: HostBatch,
  { crop: [height, width], batch: size, normalize, channels }: DataConfig,
): { images: tf.Tensor4D; labels: tf.Tensor3D } {
  const shape: [number, number, number] = [size, height, width];
  return channels === 3
    ? unpackBatch(batch.bytes, { shape, ...normalizationTable(normalize) })
    : batchOfChannels(batch, { shape, normalize });
}

/** A batch of other than three channels, normalised on the host. */
function batchOfChannels(
  { images: pixels, labels }: HostBatch,
  { shape, normalize }: { shape: [number, number, number]; normalize: NormalizeConfig },
): { images: tf.Tensor4D; labels: tf.Tensor3D } {
  const values = new Float32Array(pixels.length);
  normalizeInto(pixels, values, normalize);
  return {
    images: tf.tensor4d(values, [...shape, normalize.mean.length]),
    labels: tf.tensor3d(Int32Array.from(labels), shape, "int32"),
  };
}
