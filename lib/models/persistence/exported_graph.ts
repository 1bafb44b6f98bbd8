/**
 * The twin of a trained network in stock layers.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { assemble } from "../builders/assemble.ts";
import { findModel } from "../registry.ts";
import type { NetworkRecipe, SegmentationModel } from "../segmentation_model.ts";
import { stockKit } from "../builders/tfjs_builder.ts";

/**
 * Builds a network again from stock layers, sharing its weights, with the head that gives class
 * scores at full size: upsampled logits, or upsampled probabilities. Dispose with `twin.dispose()`;
 * the weights stay with `model`.
 */
export function stockTwin(model: SegmentationModel & { recipe: NetworkRecipe }): tf.LayersModel {
  const weights = new Map(model.layers.weights.map((weight) => [weight.originalName, weight]));
  const kit = stockKit(({ name }) => weights.get(name)!.read().clone());
  const { recipe, name, logitStride: factor } = model;
  return assemble({ name, kit }, (kit) => {
    const logits = findModel(recipe.name).write(kit, recipe);
    const scores = recipe.head === "probabilities"
      ? kit.softmax(logits, { name: "probabilities" })
      : logits;
    return factor === 1 ? scores : kit.upsample(scores, { name: "upsample", factor });
  });
}
