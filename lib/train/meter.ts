/**
 * Reads the losses of steps back from the device, seldom and packed, because each reading stalls a
 * GPU.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config/config.ts";
import type { StepLog } from "./events.ts";
import type { Players, StepLosses } from "./step.ts";

/** The losses of one step on the host. */
export interface Reading {
  step: number;
  ids: string[];
  logs: StepLog;
}

/** Collects losses on the device between readings. */
export interface Meter {
  /** Takes ownership of the losses of one step. */
  add(step: number, entry: { losses: StepLosses; ids: string[] }): void;
  /** Reads everything collected, in order, adding D's drift to the last step. */
  read(): Promise<Reading[]>;
  /** Forgets what was collected and not read. */
  clear(): void;
  /** D's weights before the first step, by name, which a resumed run overwrites. */
  readonly initial: ReadonlyMap<string, tf.Variable>;
  dispose(): void;
}

/** A meter for the players of a run; remembers D's initial weights for `d/drift`. */
export function createMeter(players: Players, config: Config): Meter {
  const initial = new Map(
    players.adversary?.parameters.map(({ name, weight }) => [name, copyOf(weight)]),
  );
  let pending: { step: number; ids: string[]; losses: StepLosses }[] = [];
  const clear = (): void => {
    for (const { losses } of pending) tf.dispose(losses);
    pending = [];
  };
  return {
    initial,
    clear,
    add(step, { losses, ids }) {
      pending.push({ step, ids, losses });
    },
    async read() {
      const last = pending.at(-1);
      if (last === undefined) return [];
      Object.assign(last.losses, drift(players, initial));
      const scalars = pending.flatMap(({ losses }) => Object.values(losses));
      const packed = tf.stack(scalars);
      tf.dispose(scalars);
      const values = await packed.data();
      packed.dispose();
      let at = 0;
      const readings = pending.map(({ step, ids, losses }) => {
        const logs = Object.fromEntries(Object.keys(losses).map((key) => [key, values[at++]!]));
        return { step, ids, logs: withTotal(logs, config) };
      });
      pending = [];
      return readings;
    },
    dispose() {
      clear();
      tf.dispose([...initial.values()]);
    },
  };
}

/** A variable with values and memory of its own: optimisers write into a variable's memory. */
function copyOf(weight: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.mul(weight, 1), false));
}

/** `d/drift` = ‖D − D₀‖ / ‖D₀‖, which looks at every weight of D. */
function drift(players: Players, initial: ReadonlyMap<string, tf.Variable>): StepLosses {
  const { adversary } = players;
  if (adversary === null) return {};
  const ratio = tf.tidy(() => {
    const moved = adversary.parameters.map(({ name, weight }) =>
      tf.sum(tf.square(tf.sub(weight, initial.get(name)!)))
    );
    const size = [...initial.values()].map((weight) => tf.sum(tf.square(weight)));
    return tf.sqrt(tf.div(tf.addN(moved), tf.addN(size))) as tf.Scalar;
  });
  return { "d/drift": ratio };
}

/** Adds `loss/total` = L_seg + α·L_G + L2 where its parts are known. */
function withTotal(logs: StepLog, config: Config): StepLog {
  const [seg, gen, l2] = [logs["loss/seg"], logs["loss/gen"] ?? 0, logs["loss/l2"]];
  if (seg === undefined || l2 === undefined) return logs;
  return { ...logs, "loss/total": seg + config.adversarial.alpha * gen + l2 };
}
