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
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { optimizers, parametersOf } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const layer = tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: "ones", name: "fc" });
 * const parameters = parametersOf(tf.sequential({ layers: [layer] }), { decay: "kernels" });
 * assert.deepEqual(parameters.map(({ name, decays }) => [name, decays]), [
 *   ["fc/kernel", true],
 *   ["fc/bias", false],
 * ]);
 *
 * optimizers.get("sgd").create(parameters).apply([tf.ones([1, 1]), null], { lr: 0.25 });
 * assert.equal((await parameters[0]!.weight.data())[0], 0.75);
 * const adam = optimizers.get("adam").create(parameters, { beta1: 0.5 });
 * adam.apply([tf.ones([1, 1]), tf.ones([1])], { lr: 0.25 });
 * assert.equal((await parameters[0]!.weight.data())[0]!.toFixed(4), "0.5000");
 * ```
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
