/**
 * Reads the losses of steps back from the device, seldom and packed, because each reading stalls a
 * GPU.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../../config/config.ts";
import type { StepLog, StepMetrics } from "../events.ts";
import type { Networks } from "../step/networks.ts";
import type { StepLosses } from "../step/step_context.ts";

/** What a step leaves behind. */
export interface LossEntry {
  step: number;
  /** From 1. */
  epoch: number;
  ids: string[];
  /** Scalars on the device, which the buffer takes over. */
  losses: StepLosses;
  /** What the host knows, such as learning rates. */
  known: StepLog;
  /** Whether the step is logged: then D's drift is measured too. */
  logged: boolean;
}

/** The losses of one step on the device, in one tensor. */
interface Pending extends Omit<LossEntry, "losses"> {
  keys: string[];
  packed: tf.Tensor1D;
}

/** Collects losses on the device between readings; remembers D's first weights for `d/drift`. */
export class LossBuffer {
  /** D's weights before the first step, by name, which a resumed run overwrites. */
  readonly initial: ReadonlyMap<string, tf.Variable>;
  readonly #networks: Networks;
  readonly #config: Config;
  #pending: Pending[] = [];

  constructor(networks: Networks, config: Config) {
    this.#networks = networks;
    this.#config = config;
    this.initial = new Map(
      networks.discriminator?.parameters.map(({ name, weight }) => [name, copyOf(weight)]),
    );
  }

  add({ losses, ...entry }: LossEntry): void {
    const all = { ...losses, ...entry.logged ? drift(this.#networks, this.initial) : {} };
    const packed = tf.stack(Object.values(all)) as tf.Tensor1D;
    tf.dispose(all);
    this.#pending.push({ ...entry, keys: Object.keys(all), packed });
  }

  /** Reads everything collected at once, in order. */
  async read(): Promise<(StepMetrics & Pick<LossEntry, "epoch" | "logged">)[]> {
    if (this.#pending.length === 0) return [];
    const read = this.#pending;
    this.#pending = [];
    const whole = tf.concat(read.map(({ packed }) => packed));
    for (const { packed } of read) packed.dispose();
    const values = await whole.data().finally(() => whole.dispose());
    let at = 0;
    return read.map(({ step, ids, epoch, logged, keys, known }) => {
      const logs = Object.fromEntries(keys.map((key) => [key, values[at++]!]));
      return { step, ids, epoch, logged, logs: withTotal({ ...logs, ...known }, this.#config) };
    });
  }

  /** Forgets what was collected and not read. */
  clear(): void {
    for (const { packed } of this.#pending) packed.dispose();
    this.#pending = [];
  }

  dispose(): void {
    this.clear();
    tf.dispose([...this.initial.values()]);
  }
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

/** Adds `loss/total` = L_seg (+ L_aux) + α·L_G + L2 where its parts are known. */
function withTotal(logs: StepLog, config: Config): StepLog {
  const [seg, gen, l2] = [logs["loss/seg"], logs["loss/gen"] ?? 0, logs["loss/l2"]];
  const aux = logs["loss/aux"] ?? 0;
  if (seg === undefined || l2 === undefined) return logs;
  return { ...logs, "loss/total": seg + aux + config.adversarial.weight * gen + l2 };
}
