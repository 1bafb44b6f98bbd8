/**
 * The twin of a trained network in stock layers.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { assemble } from "../builders/assemble.ts";
import { findModel } from "../registry.ts";
import type { ArchitectureOptions, SegmentationModel } from "../segmentation_model.ts";
import { tfjsBuilder } from "../builders/tfjs_builder.ts";

/**
 * Builds a network again from stock layers, sharing its weights, with the head that gives class
 * scores at full size: upsampled logits, or upsampled probabilities. Dispose with `twin.dispose()`;
 * the weights stay with `model`.
 */
export function exportedGraph(
  model: SegmentationModel & { architecture: ArchitectureOptions },
): tf.LayersModel {
  const weights = new Map(model.layers.weights.map((weight) => [weight.originalName, weight]));
  const builder = tfjsBuilder(({ name }) => weights.get(name)!.read().clone());
  const { architecture, name, logitStride: factor } = model;
  return assemble({ name, builder }, (builder) => {
    const logits = findModel(architecture.name).write(builder, architecture);
    const scores = architecture.upsampleOrder === "probabilities"
      ? builder.softmax(logits, { name: "probabilities" })
      : logits;
    return factor === 1 ? scores : builder.upsample(scores, { name: "upsample", factor });
  });
}
