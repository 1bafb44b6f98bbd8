/**
 * Starts a network from weights on disk.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { SegmentationModel } from "../models/segmentation_model.ts";
import { loadModel } from "./load_model.ts";

/**
 * Copies the weights of a run or model folder into a network of the same architecture
 * (`model.init`). Every weight must be there, with its shape, and none may be left over.
 *
 * @throws {Error} If there is no model at `path`, or names or shapes differ; the message lists them.
 */
export async function initializeFrom(model: SegmentationModel, path: string): Promise<void> {
  const source = await loadModel(path);
  try {
    copyWeights({ from: source.model.layers, to: model.layers }, path);
  } finally {
    source.model.layers.dispose();
  }
}

function copyWeights(models: { from: tf.LayersModel; to: tf.LayersModel }, path: string): void {
  const found = new Map(models.from.weights.map((weight) => [weight.originalName, weight]));
  const wanted = new Map(models.to.weights.map((weight) => [weight.originalName, weight]));
  const faults = [
    ...[...wanted.keys()].filter((name) => !found.has(name)).map((name) => `${name} is missing`),
    ...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => `${name} is unknown`),
    ...[...wanted].flatMap(([name, { shape }]) => {
      const other = found.get(name)?.shape;
      const same = other === undefined || other.join() === shape.join();
      return same ? [] : [`${name} is [${other}], not [${shape}]`];
    }),
  ];
  if (faults.length > 0) {
    const more = faults.length > 3 ? ` and ${faults.length - 3} more` : "";
    throw new Error(
      `Cannot start from model.init ${path}: ${faults.slice(0, 3).join(", ")}${more}; model and ` +
        "classes must be those of the file",
    );
  }
  for (const [name, weight] of wanted) {
    // A copy: optimisers write into a variable's own memory.
    const copy = tf.tidy(() => tf.mul(found.get(name)!.read(), 1));
    weight.write(copy);
    copy.dispose();
  }
}
