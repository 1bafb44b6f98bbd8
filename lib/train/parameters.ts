/**
 * The trainable weights of a network as the optimisers see them.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** One trainable weight. */
export interface Parameter {
  name: string;
  /** The layer's own variable; updates go through it. */
  weight: tf.Variable;
  /** Whether L2 applies. */
  decays: boolean;
}

/**
 * Trainable weights of a model in the order of its layers.
 *
 * @param model Its variables are shared, not copied.
 * @param options `decay: kernels` lets L2 reach convolution (and dense) kernels only, `all` every
 * trainable weight.
 */
export function parametersOf(
  model: tf.LayersModel,
  options: { decay: "kernels" | "all" },
): Parameter[] {
  return model.trainableWeights.map((weight) => ({
    name: weight.originalName,
    weight: weight.read() as tf.Variable,
    decays: options.decay === "all" || /kernel$/.test(weight.originalName),
  }));
}
