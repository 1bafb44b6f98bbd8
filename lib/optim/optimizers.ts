/**
 * The two optimisers of the method: SGD with momentum for G, Adam for D (Table 4-1).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { adamUpdate, sgdUpdate } from "../engine/ops/optimizer_updates.ts";
import type { Parameter } from "./parameters.ts";

/** Moves parameters along their gradients. */
export interface Optimizer {
  /** State tensors by name (`velocity/…`), for checkpoints; owned by the optimiser. */
  readonly state: ReadonlyMap<string, tf.Variable>;
  /** Steps done. */
  steps: number;
  /**
   * One step at the given rate. Consumes (disposes) the gradients.
   *
   * @param gradients One for each parameter, `null` where there is none.
   */
  apply(gradients: (tf.Tensor | null)[], lr: number): void;
  dispose(): void;
}

/** An optimiser whose steps can be called off on the device. */
export interface ControlledOptimizer extends Optimizer {
  /**
   * @param options `control [4]`: at 0 whether to move at all, at 1 what gradients are multiplied by;
   * stays the caller's.
   */
  apply(
    gradients: (tf.Tensor | null)[],
    lr: number,
    options?: { control?: tf.Tensor1D },
  ): void;
}

/** Settings of SGD with momentum. */
export interface SgdOptions {
  momentum: number;
  nesterov: boolean;
  /** λ of (λ/2)·Σ w², on the parameters that say `decays`. */
  l2: number;
  decoupled: boolean;
}

/** SGD with momentum and L2 on those parameters that decay. */
export function sgdMomentum(parameters: Parameter[], options: SgdOptions): ControlledOptimizer {
  const state = zeros(parameters, ["velocity"]);
  return optimizer(state, (gradients, { lr, control }) => {
    parameters.forEach(({ name, weight, decays }, i) => {
      const grad = gradients[i] ?? tf.zerosLike(weight);
      const velocity = state.get(`velocity/${name}`)!;
      const settings = { ...options, lr, l2: decays ? options.l2 : 0 };
      sgdUpdate({ weight, velocity, grad, control }, settings);
      grad.dispose();
    });
  });
}

/** Settings of Adam. */
export interface AdamOptions {
  beta1: number;
  beta2: number;
  eps: number;
}

/** Adam with bias correction. */
export function adam(parameters: Parameter[], options: AdamOptions): Optimizer {
  const state = zeros(parameters, ["m", "v"]);
  return optimizer(state, (gradients, { lr, step }) => {
    parameters.forEach(({ name, weight }, i) => {
      const grad = gradients[i] ?? tf.zerosLike(weight);
      const [m, v] = [state.get(`m/${name}`)!, state.get(`v/${name}`)!];
      adamUpdate({ weight, m, v, grad }, { ...options, lr, step });
      grad.dispose();
    });
  });
}

function optimizer(
  state: Map<string, tf.Variable>,
  apply: (
    gradients: (tf.Tensor | null)[],
    options: { lr: number; step: number; control?: tf.Tensor1D },
  ) => void,
): ControlledOptimizer {
  return {
    state,
    steps: 0,
    apply(gradients, lr, options = {}) {
      this.steps++;
      apply(gradients, { ...options, lr, step: this.steps });
    },
    dispose: () => tf.dispose([...state.values()]),
  };
}

/** A zero variable for each parameter and slot, under `slot/name`. */
function zeros(parameters: Parameter[], slots: string[]): Map<string, tf.Variable> {
  return new Map(slots.flatMap((slot) =>
    parameters.map(({ name, weight }) => {
      const initial = tf.zerosLike(weight);
      const variable = tf.variable(initial, false);
      initial.dispose();
      return [`${slot}/${name}`, variable] as const;
    })
  ));
}
