import type { TrainEvent } from "./events.ts";
import { GameWatch } from "./game_watch.ts";
import { createMeter, type Meter, type Reading } from "./meter.ts";
import { isFiniteReading, NonFiniteError } from "./non_finite_error.ts";
import type { Progress } from "./_progress.ts";
import type { RunFolder } from "./run_folder.ts";
import type { Session } from "./session.ts";
import type { StepLosses } from "./step.ts";
import { Throughput } from "./_throughput.ts";

/** Where a run's events go. */
export interface Audience {
  /** Where the run writes; `null`: nowhere. */
  folder: RunFolder | null;
  onEvent?: ((event: TrainEvent) => void) | undefined;
}

/** Everything a run says: gathers losses on the device, reads them now and then, emits events. */
export class Reporter {
  readonly throughput: Throughput = new Throughput();
  readonly meter: Meter;
  readonly #session: Session;
  readonly #progress: Progress;
  readonly #audience: Audience;
  readonly #watch: GameWatch;
  #lastFinite: Reading | null = null;

  constructor(session: Session, options: Audience & { progress: Progress }) {
    this.#session = session;
    this.#progress = options.progress;
    this.#audience = options;
    this.meter = createMeter(session.players, session.config);
    this.#watch = new GameWatch(session.config);
  }

  /** Whether the losses are read after this step: now and then, and at the end of an epoch. */
  isDue(step: number): boolean {
    const { config: { train }, backend, stepsPerEpoch } = this.#session;
    const logEvery = train.logEvery ?? (backend.name === "webgpu" ? 50 : 1);
    return step % logEvery === 0 || step % stepsPerEpoch === 0 || step === train.maxSteps;
  }

  /** Takes over the losses of the step that was just done. */
  add(losses: StepLosses, ids: string[]): void {
    this.meter.add(this.#progress.step, { losses, ids });
    this.throughput.addImages(ids.length);
  }

  /**
   * Reads the losses of the steps since the last report and tells those of the last one.
   *
   * @throws {NonFiniteError} At the first that is NaN or infinite.
   */
  async report(): Promise<void> {
    const readings = await this.meter.read();
    for (const reading of readings) {
      if (!isFiniteReading(reading)) throw new NonFiniteError(reading, this.#lastFinite);
      this.#lastFinite = reading;
    }
    const last = readings.at(-1);
    if (last === undefined) return;
    const { step, logs } = last;
    const [time, { epoch }] = [Date.now(), this.#progress];
    await this.emit({ type: "step", time, step, epoch, logs, ...this.throughput.read() });
  }

  /** Forgets losses of steps that are taken back. */
  forget(): void {
    this.meter.clear();
    this.#lastFinite = null;
  }

  async warn(message: string): Promise<void> {
    await this.emit({ type: "warning", time: Date.now(), step: this.#progress.step, message });
  }

  async emit(event: TrainEvent): Promise<void> {
    await this.#audience.folder?.events.append(event);
    this.#audience.onEvent?.(event);
    for (const message of this.#watch.notice(event)) await this.warn(message);
  }

  dispose(): void {
    this.meter.dispose();
  }
}
