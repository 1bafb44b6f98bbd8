/**
 * Watches a run and warns of what its curves would show.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { significant } from "../../util/format.ts";
import type { StepEvent, TrainEvent, ValidationEvent } from "../events.ts";
import { diagnoseGan, type GanState } from "../gan_diagnosis.ts";
import type { Callback, TrainContext } from "./callback.ts";

/** Steps that are averaged over. */
const WINDOW = 50;

/** Steps before the first diagnosis: at the start it says nothing. */
const PATIENCE = 100;

/** A loss so many times the median of the window is a spike. */
const SPIKE = 4;

/** Warns of what {@linkcode GanMonitor} notices. */
export function ganMonitor({ session, warn }: TrainContext): Callback {
  const monitor = new GanMonitor(session.config);
  return {
    async onEvent(event) {
      for (const warning of monitor.notice(event)) await warn(warning);
    },
  };
}

/** Diagnoses a run by its events; each warning comes once, and again only after it had passed. */
export class GanMonitor {
  readonly #weight: number;
  readonly #recent: StepEvent[] = [];
  #state: GanState = "balanced";
  #isDominated = false;
  #spikeAt = -Infinity;
  #hasCounted = false;
  #isUniform = false;

  constructor(config: Config) {
    this.#weight = config.adversarial.weight;
  }

  /** The warnings that an event gives rise to, mostly none. */
  notice(event: TrainEvent): string[] {
    if (event.type === "step") return this.#step(event);
    if (event.type === "validation") return this.#validation(event);
    return [];
  }

  #step(event: StepEvent): string[] {
    const warnings = [this.#spike(event)];
    this.#recent.push(event);
    if (this.#recent.length > WINDOW) this.#recent.shift();
    if (event.step >= PATIENCE && this.#recent.length >= WINDOW / 5) {
      warnings.push(this.#diagnosis(), this.#dominated());
    }
    return warnings.filter((warning) => warning !== null);
  }

  /** D is saturated, collapsed or does not learn. */
  #diagnosis(): string | null {
    const { state, text } = diagnoseGan(this.#recent.map(({ logs }) => logs));
    const isNews = state !== this.#state && state !== "balanced" && state !== "absent";
    this.#state = state;
    return isNews ? text : null;
  }

  /** The adversarial loss exceeds the segmentation loss. */
  #dominated(): string | null {
    const gen = this.#weight * this.#mean("loss/gen");
    const seg = this.#mean("loss/seg");
    const was = this.#isDominated;
    this.#isDominated = gen > seg;
    if (was || !this.#isDominated) return null;
    return `L_G exceeds L_seg: ${significant(gen)} with its weight against ${
      significant(seg)
    }, so the network ` +
      "learns to fool D and not to segment; lower adversarial.weight";
  }

  #spike({ step, logs }: StepEvent): string | null {
    const loss = logs["loss/seg"];
    const before = this.#recent.map((one) => one.logs["loss/seg"] ?? 0).sort((a, b) => a - b);
    const median = before[Math.floor(before.length / 2)];
    if (loss === undefined || median === undefined || before.length < 20) return null;
    if (loss < SPIKE * median || step - this.#spikeAt < WINDOW) return null;
    this.#spikeAt = step;
    return `L_seg jumped to ${significant(loss)} from about ${
      significant(median)
    }; if it does not come back, ` +
      "lower optimizer.lr";
  }

  #validation(event: ValidationEvent): string[] {
    return [...this.#oneClass(event), ...this.#absent(event)];
  }

  /** The network predicts one class, where the split has several. */
  #oneClass({ scores: { classes }, split, epoch }: ValidationEvent): string[] {
    const predicted = classes.filter((one) => one.predicted !== undefined && one.predicted > 0);
    const labelled = classes.filter(({ pixels }) => pixels > 0);
    const was = this.#isUniform;
    this.#isUniform = predicted.length === 1 && labelled.length > 1;
    if (was || !this.#isUniform) return [];
    return [
      `the network predicts ${
        predicted[0]!.name
      } for every pixel of ${split} after epoch ${epoch}, ` +
      `where ${labelled.length} classes occur; if it goes on, set loss.classWeights to enet, add a ` +
      "term dice to loss.terms, or change optimizer.lr",
    ];
  }

  /** At the first validation: the split does not change. */
  #absent({ scores, split }: ValidationEvent): string[] {
    if (this.#hasCounted) return [];
    this.#hasCounted = true;
    const absent = scores.classes.filter(({ pixels }) => pixels === 0).map(({ name }) => name);
    if (absent.length === 0) return [];
    return [
      `no pixel of ${split} is ${absent.join(" or ")}: ` +
      (scores.meanOver === "union"
        ? "counts 0 in mIoU once it is predicted anywhere, and is left out until then; set " +
          "validation.meanOver to truth to leave it out always"
        : "left out of mIoU (validation.meanOver truth)"),
    ];
  }

  #mean(key: string): number {
    const total = this.#recent.reduce((sum, { logs }) => sum + (logs[key] ?? 0), 0);
    return total / this.#recent.length;
  }
}
