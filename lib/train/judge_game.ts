/**
 * Who is winning: the state of the adversarial game from a run's losses, in words.
 *
 * @module
 */
import type { StepLog } from "./events.ts";

/** `idle`: D does not learn. `won`: D tells the maps apart without fail. `lost`: it cannot at all. */
export type GameState = "absent" | "open" | "idle" | "won" | "lost";

/** A judgement with its reason. */
export interface GameVerdict {
  state: GameState;
  /** One plain sentence or two, with the figures. */
  text: string;
  /** Means over the last quarter of the logs. */
  means: { real: number; fake: number; accuracy: number; drift: number; lossD: number };
}

/** L_D of LSGAN where D is an even match: from almost certain to no idea (½·¼ + ½·¼). */
export const HEALTHY_LOSS_D: readonly [low: number, high: number] = [0.05, 0.25];

/** ‖D − D₀‖/‖D₀‖ below this is no learning: the norm of D's weights is that of their noise. */
const IDLE_DRIFT = 0.01;

/**
 * Judges the game by the mean of the last quarter of the steps.
 *
 * @param logs Of a run's steps, in order.
 * @example
 * ```ts
 * import { judgeGame } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const step = { "d/real": 0.51, "d/fake": 0.5, "d/accuracy": 0.5, "d/drift": 2e-4, "loss/d": 0.25 };
 * const { state, text } = judgeGame([step]);
 * assert.equal(state, "idle");
 * assert.match(text, /weights have moved by 0\.02 %/);
 * ```
 */
export function judgeGame(logs: readonly StepLog[]): GameVerdict {
  const judged = logs.filter((log) => log["d/real"] !== undefined);
  const last = judged.slice(Math.floor(judged.length * 0.75));
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
  if (last.length === 0) {
    return { state: "absent", means, text: "There is no discriminator in this run" };
  }
  return { means, ...verdictOf(means) };
}

function verdictOf(means: GameVerdict["means"]): { state: GameState; text: string } {
  const { real, fake, accuracy, drift } = means;
  const outputs = `D(real) ${real.toFixed(2)}, D(fake) ${fake.toFixed(2)}`;
  const moved = `its weights have moved by ${percent(drift)}`;
  if (accuracy > 0.95 && real - fake > 0.8) {
    return {
      state: "won",
      text:
        `D has won: it is right on ${percent(accuracy)} of the pixels (${outputs}), so L_G is ` +
        "large and says little; lower discriminator.lr or adversarial.tg",
    };
  }
  if (drift < IDLE_DRIFT && Math.abs(real - fake) < 0.1) {
    return {
      state: "idle",
      text:
        `D does not learn: ${moved} since the start (${outputs}), so its gradient is that of a ` +
        "random network; raise discriminator.lr, say to 1e-4",
    };
  }
  if (Math.abs(real - fake) < 0.05 && accuracy < 0.6) {
    return {
      state: "lost",
      text: `D cannot tell maps from labels (${outputs}, right on ${percent(accuracy)}) although ` +
        `${moved}: either G has matched the labels or D is too weak`,
    };
  }
  return {
    state: "open",
    text: `The game is open: D is right on ${
      percent(accuracy)
    } of the pixels (${outputs}) and ${moved}`,
  };
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(2))} %`;
}
