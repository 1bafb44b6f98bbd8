/**
 * Fingerprint of a network's weights.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { createSha256 } from "../util/hash.ts";

/**
 * SHA-256 over all weights of a model, moving statistics included: for each weight in the model's
 * order its name, its shape and its values as little-endian bytes. Two runs are the same run if
 * and only if this agrees.
 *
 * @returns 64 hexadecimal digits.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { weightsSha256 } from "@segadv/segadv/weights";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const layer = tf.layers.dense({ units: 2, inputShape: [3], kernelInitializer: "zeros" });
 * const model = tf.sequential({ layers: [layer] });
 * assert.match(await weightsSha256(model), /^[0-9a-f]{64}$/);
 * ```
 */
export async function weightsSha256(model: tf.LayersModel): Promise<string> {
  const hash = createSha256();
  for (const weight of model.weights) {
    const values = await weight.read().data();
    hash.update(`${weight.originalName} [${weight.shape}]\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.hex();
}
