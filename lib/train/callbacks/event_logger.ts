import type { TrainEvent } from "../events.ts";
import { GanMonitor } from "./gan_monitor.ts";
import { createMeter, type Meter, type MeterEntry, type Reading } from "./loss_buffer.ts";
import { isFiniteReading, NonFiniteError } from "../non_finite_error.ts";
import type { Progress } from "../run/progress.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { Session } from "../run/session.ts";
import { Throughput } from "./throughput.ts";

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
  readonly #watch: GanMonitor;
  #lastFinite: Reading | null = null;

  constructor(session: Session, options: Audience & { progress: Progress }) {
    this.#session = session;
    this.#progress = options.progress;
    this.#audience = options;
    this.meter = createMeter(session.networks, session.config);
    this.#watch = new GanMonitor(session.config);
  }

  /** Whether this step will be told of: now and then, and at the end of an epoch. */
  isTold(step: number): boolean {
    const { config: { train }, stepsPerEpoch } = this.#session;
    return this.isDue(step) || step % stepsPerEpoch === 0 || step === train.maxSteps;
  }

  /** Whether the losses are read after this step: seldom on a GPU, which each reading stalls. */
  isDue(step: number): boolean {
    const { config: { train }, backend } = this.#session;
    return step % (train.logEvery ?? (backend.name === "webgpu" ? 50 : 1)) === 0;
  }

  /** Takes over the losses of the step that was just done. */
  add(entry: Omit<MeterEntry, "epoch" | "told">): void {
    const { step, epoch } = this.#progress;
    this.meter.add(step, { ...entry, epoch, told: this.isTold(step) });
    this.throughput.addImages(entry.ids.length);
  }

  /**
   * Reads the losses of the steps since the last report and tells of those that are to be told of.
   * Comes before everything that looks at the weights, so that nothing is kept from beyond a NaN.
   *
   * @throws {NonFiniteError} At the first that is NaN or infinite.
   */
  async report(): Promise<void> {
    const readings = await this.meter.read();
    for (const reading of readings) {
      if (!isFiniteReading(reading)) throw new NonFiniteError(reading, this.#lastFinite);
      this.#lastFinite = reading;
    }
    const told = readings.filter((reading) => reading.told);
    if (told.length === 0) return;
    const [time, speed] = [Date.now(), this.throughput.read()];
    for (const { step, epoch, logs } of told) {
      await this.emit({ type: "step", time, step, epoch, logs, ...speed });
    }
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
