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
  /** What the learning rate is multiplied by. @default 1 */
  lrFactor?: number;
}

/** What an optimiser does with the weights of a model. */
export interface ParameterOptions {
  /** `kernels` lets L2 reach convolution (and dense) kernels only, `all` every trainable weight. */
  decay: "kernels" | "all";
  /** Names of layers whose weights stay as they are. @default none */
  frozen?: ReadonlySet<string>;
  /** What the learning rate of a layer is multiplied by. @default 1 */
  lrFactor?: (layer: string) => number;
}

/**
 * Trainable weights of a model in the order of its layers, but for those of frozen layers.
 *
 * @param model Its variables are shared, not copied.
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
  options: ParameterOptions,
): Parameter[] {
  const { decay, frozen, lrFactor } = options;
  return model.layers.flatMap((layer) => {
    if (frozen?.has(layer.name)) return [];
    const factor = lrFactor?.(layer.name) ?? 1;
    return layer.trainableWeights.map((weight) => ({
      name: weight.originalName,
      weight: weight.read() as tf.Variable,
      decays: decay === "all" || /kernel$/.test(weight.originalName),
      ...factor !== 1 && { lrFactor: factor },
    }));
  });
}
