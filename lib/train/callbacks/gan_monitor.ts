/**
 * Watches a run and says in words what a glance at the curves would tell.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { significant } from "../../util/format.ts";
import type { StepEvent, TrainEvent, ValidationEvent } from "../events.ts";
import { diagnoseGan, type GanState } from "../gan_diagnosis.ts";

/** Steps that are looked back on. */
const WINDOW = 50;

/** Steps before the first word on the game: at the start it says nothing. */
const PATIENCE = 100;

/** A loss so many times the median of the window is a spike. */
const SPIKE = 4;

/** Listens to a run's events; each thing is said once, and again only after it had passed. */
export class GanMonitor {
  readonly #alpha: number;
  readonly #recent: StepEvent[] = [];
  #said: GanState = "open";
  #isDwarfed = false;
  #spikeAt = -Infinity;
  #hasCounted = false;

  /** Starts with nothing seen. */
  constructor(config: Config) {
    this.#alpha = config.adversarial.weight;
  }

  /** Takes an event and gives what is to be said of it, mostly nothing. */
  notice(event: TrainEvent): string[] {
    if (event.type === "step") return this.#step(event);
    if (event.type === "validation") return this.#validation(event);
    return [];
  }

  #step(event: StepEvent): string[] {
    const words = [this.#spike(event)];
    this.#recent.push(event);
    if (this.#recent.length > WINDOW) this.#recent.shift();
    if (event.step >= PATIENCE && this.#recent.length >= WINDOW / 5) {
      words.push(this.#game(), this.#dwarfed());
    }
    return words.filter((word) => word !== null);
  }

  /** D has won, does not learn, or cannot tell. */
  #game(): string | null {
    const { state, text } = diagnoseGan(this.#recent.map(({ logs }) => logs));
    const isNews = state !== this.#said && state !== "open" && state !== "absent";
    this.#said = state;
    return isNews ? text : null;
  }

  /** The adversarial loss drowns the segmentation loss. */
  #dwarfed(): string | null {
    const gen = this.#alpha * this.#mean("loss/gen");
    const seg = this.#mean("loss/seg");
    const was = this.#isDwarfed;
    this.#isDwarfed = gen > seg;
    if (was || !this.#isDwarfed) return null;
    return `L_G dwarfs L_seg: ${significant(gen)} with its weight against ${
      significant(seg)
    }, so the network ` +
      "learns to please D and not to segment; lower adversarial.weight";
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

  /** Said at the first validation: the split does not change. */
  #validation({ scores, split }: ValidationEvent): string[] {
    if (this.#hasCounted) return [];
    this.#hasCounted = true;
    const absent = scores.classes.filter(({ pixels }) => pixels === 0).map(({ name }) => name);
    if (absent.length === 0) return [];
    return [
      `no pixel of ${split} is ${absent.join(" or ")}: mIoU says nothing of ${
        absent.length === 1 ? "that class" : "those classes"
      }`,
    ];
  }

  #mean(key: string): number {
    const total = this.#recent.reduce((sum, { logs }) => sum + (logs[key] ?? 0), 0);
    return total / this.#recent.length;
  }
}
