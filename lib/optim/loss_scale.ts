/**
 * Loss scaling: float16 reaches down to 6e-8 and gradients are smaller, so the loss is multiplied by
 * the largest scale at which no gradient overflows.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkGradients } from "../engine/ops/optimizer_updates.ts";

/** How a scale moves. */
export interface LossScaleOptions {
  /** Scale of the first step. @default 2 ** 15 */
  initial?: number;
  /** Steps in a row without an overflow after which it doubles. @default 1000 */
  patience?: number;
}

/** The largest scale: beyond it nothing is gained. */
const MOST = 2 ** 24;

/**
 * A dynamic loss scale (Micikevicius et al. 2018; method.md, "Updates"). All of it lives on the
 * device, so that no step waits for the host: an overflow divides the scale by 2 and skips the update of its
 * step, `patience` steps without one double it.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { LossScale } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const scale = new LossScale({ initial: 1024 });
 * const control = scale.control([tf.tensor1d([2048, Infinity])], { clipNorm: null });
 * assert.equal((await control.control.data())[0], 0); // the update is called off
 * assert.equal((await scale.value.data())[0], 512);
 * ```
 */
export class LossScale {
  readonly #patience: number;
  /** The scale, and the steps without an overflow since it last changed, for checkpoints. */
  readonly state: ReadonlyMap<"scale" | "goodSteps", tf.Variable>;

  constructor(options: LossScaleOptions = {}) {
    const { initial = 2 ** 15, patience = 1000 } = options;
    this.#patience = patience;
    this.state = new Map([["scale", variable(initial)], ["goodSteps", variable(0)]] as const);
  }

  /** The scale, a scalar that stays the loss scale's own. */
  get value(): tf.Scalar {
    return this.state.get("scale") as unknown as tf.Scalar;
  }

  /** Multiplies by the scale; the result is the caller's. */
  multiply(gradient: tf.Tensor): tf.Tensor {
    return tf.mul(gradient, this.value);
  }

  /**
   * Looks at the gradients of a step and moves the scale.
   *
   * @param gradients Scaled; stay the caller's.
   * @param options Longest norm of all of them together, once unscaled.
   * @returns `control [4]` for `sgdUpdate`, and with `clipNorm` the norm before clipping, 0 where the
   * update is called off; both owned by the caller.
   */
  control(
    gradients: readonly (tf.Tensor | null)[],
    options: { clipNorm: number | null },
  ): { control: tf.Tensor1D; norm: tf.Scalar | null } {
    const { clipNorm } = options;
    const present = gradients.filter((gradient) => gradient !== null);
    const [scale, goodSteps] = [this.state.get("scale")!, this.state.get("goodSteps")!];
    const length = clipNorm === null ? null : tf.tidy(() => normOf(present));
    const control = checkGradients(
      { gradients: present, scale, goodSteps, ...length === null ? {} : { length } },
      { patience: this.#patience, most: MOST, clipNorm },
    );
    length?.dispose();
    return control;
  }

  dispose(): void {
    tf.dispose([...this.state.values()]);
  }
}

function variable(value: number): tf.Variable {
  return tf.tidy(() => tf.variable(tf.scalar(value), false));
}

function normOf(gradients: tf.Tensor[]): tf.Tensor {
  return tf.sqrt(tf.addN([tf.scalar(0), ...gradients.map((g) => tf.sum(tf.square(g)))]));
}
