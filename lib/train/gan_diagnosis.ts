/**
 * The state of adversarial training from a run's losses, in words.
 *
 * @module
 */
import { significant } from "../util/format.ts";
import type { StepLog } from "./events.ts";

/**
 * `saturated`: D tells real and fake maps apart almost without error. `collapsed`: not at all.
 * `notLearning`: D's weights stay where they were. `absent`: there is no D.
 */
export type GanState = "absent" | "balanced" | "notLearning" | "saturated" | "collapsed";

/** What a diagnosis rests on: means over the last quarter of the logs. */
export interface GanMeans {
  real: number;
  fake: number;
  accuracy: number;
  /** ‖D − D₀‖/‖D₀‖ at the end. */
  drift: number;
  lossD: number;
}

/** A state with its reason. */
export interface GanDiagnosis {
  state: GanState;
  /** One plain sentence or two, with the figures. */
  text: string;
  means: GanMeans;
}

/** L_D of LSGAN in balanced training: from almost certain to undecided (½·¼ + ½·¼). */
export const HEALTHY_LOSS_D: readonly [low: number, high: number] = [0.05, 0.25];

/** ‖D − D₀‖/‖D₀‖ below this is no learning: the norm of D's weights is that of their noise. */
const STILL_DRIFT = 0.01;

/** Above this nothing is left of D's start: its steps were too long for it. */
const BROKEN_DRIFT = 3;

/**
 * Diagnoses adversarial training by the mean of the last quarter of the steps.
 *
 * @param logs Of a run's steps, in order.
 * @example
 * ```ts
 * import { diagnoseGan } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const step = { "d/real": 0.51, "d/fake": 0.5, "d/accuracy": 0.5, "d/drift": 2e-4, "loss/d": 0.25 };
 * const { state, text } = diagnoseGan([step]);
 * assert.equal(state, "notLearning");
 * assert.match(text, /weights have moved by 0\.02 %/);
 * ```
 */
export function diagnoseGan(logs: readonly StepLog[]): GanDiagnosis {
  const adversarial = logs.filter((log) => log["d/real"] !== undefined);
  const last = adversarial.slice(Math.floor(adversarial.length * 0.75));
  const mean = (key: string): number => {
    const values = last.flatMap((log) => log[key] ?? []);
    return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  };
  const means = {
    real: mean("d/real"),
    fake: mean("d/fake"),
    accuracy: mean("d/accuracy"),
    drift: last.at(-1)?.["d/drift"] ?? mean("d/drift"),
    lossD: mean("loss/d"),
  };
  const state = last.length === 0 ? "absent" : stateOf(means);
  return { state, means, text: describeGan(state, means) };
}

function stateOf({ real, fake, accuracy, drift }: GanMeans): GanState {
  if (accuracy > 0.95 && real - fake > 0.8) return "saturated";
  if (drift < STILL_DRIFT && Math.abs(real - fake) < 0.1) return "notLearning";
  return Math.abs(real - fake) < 0.05 && accuracy < 0.6 ? "collapsed" : "balanced";
}

/**
 * A state in words, with its figures and what to do about it.
 *
 * @example
 * ```ts
 * import { describeGan } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const means = { real: 0.99, fake: 0.01, accuracy: 1, drift: 0.4, lossD: 1e-4 };
 * assert.match(describeGan("saturated", means), /^D is saturated/);
 * ```
 */
export function describeGan(state: GanState, means: GanMeans): string {
  const { real, fake, accuracy, drift, lossD } = means;
  const outputs = `D(real) ${real.toFixed(2)}, D(fake) ${fake.toFixed(2)}`;
  const moved = `its weights have moved by ${percent(drift)}`;
  const correct = `correct on ${percent(accuracy)} of the pixels`;
  if (state === "absent") return "There is no discriminator in this run";
  if (state === "saturated") {
    return `D is saturated: it is ${correct} (${outputs}), so L_G is large and its gradient says little; lower ` +
      "adversarial.discriminator.lr or adversarial.tg";
  }
  if (state === "notLearning") {
    return `D does not learn: ${moved} since the start (${outputs}), so its gradient is that of a ` +
      "random network; raise adversarial.discriminator.lr, say to 1e-4";
  }
  if (state === "collapsed" && drift > BROKEN_DRIFT) {
    return `D has collapsed: it gives maps and labels the same answer (${outputs}) after ${moved}; ` +
      "lower adversarial.discriminator.lr";
  }
  if (state === "collapsed") {
    return `D cannot tell maps from labels (${outputs}, correct on ${
      percent(accuracy)
    }) although ` +
      `${moved}: either G has matched the labels or D is too weak`;
  }
  const [low] = HEALTHY_LOSS_D;
  const margin = lossD < low
    ? `, though D is far ahead (L_D ${significant(lossD)}, healthy from ${low})`
    : "";
  return `Training is balanced${margin}: D is ${correct} (${outputs}) and ${moved}`;
}

/** Never rounded up to all. */
function percent(fraction: number): string {
  const digits = fraction > 0.99 && fraction < 1 ? 3 : 2;
  return `${
    Math.min(Number((fraction * 100).toPrecision(digits)), fraction < 1 ? 99.9 : Infinity)
  } %`;
}
