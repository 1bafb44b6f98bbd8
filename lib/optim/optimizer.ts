/**
 * The extension point for optimisers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import { optionsSchema, parseOptions, type RegistryEntry } from "../util/registry.ts";
import type { Parameter } from "./parameters.ts";

/** Keys of the section `optimizer` that every optimiser shares. */
const SHARED: readonly string[] = ["name", "lr", "headLrFactor", "clipNorm"];

/** Moves parameters along their gradients. */
export interface Optimizer {
  /** State tensors by name (`velocity/…`), for checkpoints; owned by the optimiser. */
  readonly state: ReadonlyMap<string, tf.Variable>;
  /** Steps done. */
  steps: number;
  /**
   * One step. Consumes (disposes) the gradients.
   *
   * @param gradients One for each parameter, `null` where there is none.
   * @param options The rate, and with loss scaling the `control [4]` of
   * {@linkcode LossScale.control}, which stays the caller's.
   */
  apply(
    gradients: readonly (tf.Tensor | null)[],
    options: { lr: number; control?: tf.Tensor1D },
  ): void;
  dispose(): void;
}

/** An optimiser that `optimizer.name` can name. */
export interface OptimizerEntry extends RegistryEntry {
  /** Whether steps can be skipped on the device, as loss scaling needs. */
  readonly supportsLossScaling: boolean;
  /**
   * λ where weight decay is the gradient of a loss term (λ/2) Σ w², for the log; 0 where it is
   * apart from the loss, or there is none.
   *
   * @param options As for {@linkcode OptimizerEntry.create}.
   */
  lambda(options?: object): number;
  /**
   * @param parameters Shared with the model; updated in place.
   * @param options The entry's own options; those of the section `optimizer` are passed over.
   * @throws {RangeError} If an option is unknown or wrong.
   */
  create(parameters: readonly Parameter[], options?: object): Optimizer;
}

/** What an optimiser does with one parameter in one step. */
export interface ParameterUpdate {
  parameter: Parameter;
  /** Disposed by the caller. */
  gradient: tf.Tensor;
  /** State tensors of the parameter, by slot. */
  slots: Record<string, tf.Variable>;
  lr: number;
  /** From 1. */
  step: number;
  control?: tf.Tensor1D;
}

/**
 * Makes an entry from an update rule.
 *
 * @param entry `slots` are the state tensors of each parameter, which start at zero.
 *
 * @example
 * ```ts
 * import { tf } from "@segadv/segadv";
 * import { defineOptimizer, optimizers } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * optimizers.register(defineOptimizer({
 *   name: "sign",
 *   summary: "steps of one length",
 *   supportsLossScaling: false,
 *   options: {},
 *   slots: [],
 *   update({ parameter: { weight }, gradient, lr }) {
 *     tf.tidy(() => weight.assign(tf.sub(weight, tf.mul(tf.sign(gradient), lr))));
 *   },
 * }));
 * assert.ok(optimizers.has("sign"));
 * ```
 */
export function defineOptimizer<S extends Record<string, z.ZodType>>(entry: {
  name: string;
  summary: string;
  supportsLossScaling: boolean;
  options: S;
  slots: readonly string[];
  /** @default 0 */
  lambda?(options: z.output<z.ZodObject<S, z.core.$strict>>): number;
  update(
    update: ParameterUpdate,
    options: z.output<z.ZodObject<S, z.core.$strict>>,
  ): void;
}): OptimizerEntry {
  const { name, summary, supportsLossScaling, slots } = entry;
  const options = optionsSchema(entry.options);
  return {
    name,
    summary,
    supportsLossScaling,
    options,
    lambda: (given = {}) =>
      entry.lambda?.(parseOptions(options, given, { name, shared: SHARED })) ?? 0,
    create(parameters, given = {}) {
      const own = parseOptions(options, given, { name, shared: SHARED });
      const state = zeros(parameters, slots);
      return {
        state,
        steps: 0,
        apply(gradients, rate) {
          const step = ++this.steps;
          parameters.forEach((parameter, i) => {
            const gradient = gradients[i] ?? tf.zerosLike(parameter.weight);
            const lr = rate.lr * (parameter.lrFactor ?? 1);
            const mine = slots.map((slot) => [slot, state.get(`${slot}/${parameter.name}`)!]);
            entry.update(
              { ...rate, lr, parameter, gradient, slots: Object.fromEntries(mine), step },
              own,
            );
            gradient.dispose();
          });
        },
        dispose: () => tf.dispose([...state.values()]),
      };
    },
  };
}

/** A zero variable for each parameter and slot, under `slot/name`. */
function zeros(
  parameters: readonly Parameter[],
  slots: readonly string[],
): Map<string, tf.Variable> {
  return new Map(slots.flatMap((slot) =>
    parameters.map(({ name, weight }) => {
      const initial = tf.zerosLike(weight);
      const variable = tf.variable(initial, false);
      initial.dispose();
      return [`${slot}/${name}`, variable] as const;
    })
  ));
}
