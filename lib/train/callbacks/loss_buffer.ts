/**
 * Reads the losses of steps back from the device, seldom and packed, because each reading stalls a
 * GPU.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../../config/config.ts";
import type { StepLog } from "../events.ts";
import type { Networks } from "../step/networks.ts";
import type { StepLosses } from "../step/step_context.ts";

/** The losses of one step on the host. */
export interface Reading {
  step: number;
  ids: string[];
  logs: StepLog;
}

/** What a step leaves behind. */
export interface MeterEntry {
  /** From 1. */
  epoch: number;
  ids: string[];
  /** Scalars on the device, which the meter takes over. */
  losses: StepLosses;
  /** What the host knows, such as learning rates. */
  known: StepLog;
  /** Whether the step will be told of: then D's drift is measured too. */
  told: boolean;
}

/** A step's reading with what its entry said of it. */
export type MeterReading = Reading & Pick<MeterEntry, "epoch" | "told">;

/** Collects losses on the device between readings. */
export interface Meter {
  add(step: number, entry: MeterEntry): void;
  /** Reads everything collected at once, in order. */
  read(): Promise<MeterReading[]>;
  /** Forgets what was collected and not read. */
  clear(): void;
  /** D's weights before the first step, by name, which a resumed run overwrites. */
  readonly initial: ReadonlyMap<string, tf.Variable>;
  dispose(): void;
}

/** The losses of one step on the device, in one tensor. */
interface Pending extends Omit<MeterEntry, "losses"> {
  step: number;
  keys: string[];
  packed: tf.Tensor1D;
}

/** A meter for the networks of a run; remembers D's initial weights for `d/drift`. */
export function createMeter(networks: Networks, config: Config): Meter {
  const initial = new Map(
    networks.discriminator?.parameters.map(({ name, weight }) => [name, copyOf(weight)]),
  );
  let pending: Pending[] = [];
  const clear = (): void => {
    for (const { packed } of pending) packed.dispose();
    pending = [];
  };
  return {
    initial,
    clear,
    add(step, { losses, ...entry }) {
      const all = { ...losses, ...entry.told ? drift(networks, initial) : {} };
      const packed = tf.stack(Object.values(all)) as tf.Tensor1D;
      tf.dispose(all);
      pending.push({ ...entry, step, keys: Object.keys(all), packed });
    },
    async read() {
      if (pending.length === 0) return [];
      const read = pending;
      pending = [];
      const whole = tf.concat(read.map(({ packed }) => packed));
      for (const { packed } of read) packed.dispose();
      const values = await whole.data().finally(() => whole.dispose());
      let at = 0;
      return read.map(({ step, ids, epoch, told, keys, known }) => {
        const logs = Object.fromEntries(keys.map((key) => [key, values[at++]!]));
        return { step, ids, epoch, told, logs: withTotal({ ...logs, ...known }, config) };
      });
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
function drift(networks: Networks, initial: ReadonlyMap<string, tf.Variable>): StepLosses {
  const { discriminator } = networks;
  if (discriminator === null) return {};
  const ratio = tf.tidy(() => {
    const moved = discriminator.parameters.map(({ name, weight }) =>
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
  return { ...logs, "loss/total": seg + config.adversarial.weight * gen + l2 };
}
