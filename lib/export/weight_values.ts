/**
 * A network's weights, read off the backend.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { isAllFinite, NonFiniteNetworkError } from "../models/non_finite.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import type { Weight } from "./weight_layouts.ts";

/**
 * Weights by name.
 *
 * @throws {NonFiniteNetworkError} If one is NaN or infinite.
 */
export async function weightValues(model: SegmentationModel): Promise<Map<string, Weight>> {
  const weights = await weightsByVariable(model);
  return new Map([...weights].map(([{ originalName }, weight]) => [originalName, weight]));
}

/**
 * Weights by variable: names need not be unique in a model that a user brought.
 *
 * @throws {NonFiniteNetworkError} If one is NaN or infinite.
 */
export async function weightsByVariable(
  model: SegmentationModel,
): Promise<Map<tf.LayerVariable, Weight>> {
  const weights = new Map<tf.LayerVariable, Weight>();
  for (const weight of model.layers.weights) {
    const values = await weight.read().data() as Float32Array;
    if (!isAllFinite(values)) throw new NonFiniteNetworkError(model.name, null);
    weights.set(weight, { values, shape: weight.shape as number[] });
  }
  return weights;
}
