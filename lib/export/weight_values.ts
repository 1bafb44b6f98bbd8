/**
 * A network's weights, read off the backend.
 *
 * @module
 */
import { isAllFinite, NonFiniteNetworkError } from "../models/non_finite.ts";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import type { Weight } from "./weight_layouts.ts";

/**
 * Weights by name.
 *
 * @throws {NonFiniteNetworkError} If one is NaN or infinite.
 */
export async function weightValues(model: SegmentationModel): Promise<Map<string, Weight>> {
  const weights = new Map<string, Weight>();
  for (const weight of model.layers.weights) {
    const values = await weight.read().data() as Float32Array;
    if (!isAllFinite(values)) {
      throw new NonFiniteNetworkError(model.name, null);
    }
    weights.set(weight.originalName, { values, shape: weight.shape as number[] });
  }
  return weights;
}
