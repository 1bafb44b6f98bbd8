/**
 * An exponential moving average of a network's weights, which scores better than the weights
 * themselves where their steps are noisy (Polyak & Juditsky 1992; as in Ultralytics).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { movingAverage } from "../engine/ops/batch_norm.ts";
import { exactExp } from "../util/exact_math.ts";

/** How an average follows the weights. */
export interface WeightAverageOptions {
  /** The decay that is approached, 0 ≤ d < 1. */
  decay: number;
  /** Steps τ of its rise: after n steps it is d·(1 − exp(−n / τ)). */
  tau: number;
}

/**
 * The average of all weights of a model, moving statistics included, which starts at the weights.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { WeightAverage } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const layer = tf.layers.dense({ units: 1, inputShape: [1], useBias: false, name: "fc" });
 * const model = tf.sequential({ layers: [layer] });
 * layer.setWeights([tf.tensor2d([[1]])]);
 * const average = new WeightAverage(model, { decay: 0.5, tau: 1e-9 });
 * layer.setWeights([tf.tensor2d([[3]])]);
 * average.update(1);
 * const value = async () => (await layer.getWeights()[0]!.data())[0];
 * average.swap();
 * assert.equal(await value(), 2);
 * average.swap();
 * assert.equal(await value(), 3);
 * ```
 */
export class WeightAverage {
  readonly #weights: readonly (readonly [name: string, weight: tf.Variable])[];
  readonly #options: WeightAverageOptions;
  /** The averages by the names of the weights, for checkpoints. */
  readonly state: ReadonlyMap<string, tf.Variable>;

  constructor(model: tf.LayersModel, options: WeightAverageOptions) {
    this.#options = options;
    this.#weights = model.weights.map((weight) => (
      [weight.originalName, weight.read() as tf.Variable] as const
    ));
    this.state = new Map(this.#weights.map(([name, weight]) => [
      name,
      tf.tidy(() => tf.variable(tf.mul(weight, 1), false)),
    ]));
  }

  /** Moves the average towards the weights after step n, from 1. */
  update(n: number): void {
    const { decay, tau } = this.#options;
    const momentum = decay * (1 - exactExp(Math.max(-700, -n / tau)));
    for (const [name, batch] of this.#weights) {
      movingAverage({ moving: this.state.get(name)!, batch }, { momentum });
    }
  }

  /** Puts the averages into the model and the weights in their place; once more undoes it exactly. */
  swap(): void {
    for (const [name, weight] of this.#weights) {
      const average = this.state.get(name)!;
      // Handles change, no value is copied
      const [ours, theirs] = [weight.clone(), average.clone()];
      weight.assign(theirs as tf.Variable);
      average.assign(ours as tf.Variable);
      tf.dispose([ours, theirs]);
    }
  }

  dispose(): void {
    tf.dispose([...this.state.values()]);
  }
}
