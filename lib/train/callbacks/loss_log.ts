import type { TrainEvent } from "../events.ts";
import { isFiniteStep, nonFiniteStep } from "../errors.ts";
import { type StateTensor, variablesOf } from "../run/state_tensors.ts";
import type { StepMetrics } from "../events.ts";
import type { Callback, StepResult, TrainContext } from "./callback.ts";
import { LossBuffer } from "./loss_buffer.ts";

/** Gathers losses on the device, reads them now and then, and emits step events. */
export class LossLog implements Callback {
  readonly #context: TrainContext;
  readonly #buffer: LossBuffer;
  readonly #throughput: Throughput;
  #lastFinite: StepMetrics | null = null;

  constructor(context: TrainContext, throughput: Throughput) {
    const { networks, config } = context.session;
    this.#context = context;
    this.#throughput = throughput;
    this.#buffer = new LossBuffer(networks, config);
  }

  /** Now and then, at the end of an epoch and at that of the run. */
  isLogged(step: number): boolean {
    const { config: { train }, stepsPerEpoch } = this.#context.session;
    return this.#isRead(step) || step % stepsPerEpoch === 0 || step === train.maxSteps;
  }

  async onStep({ batch: { ids }, losses, known }: StepResult): Promise<void> {
    const { step, epoch } = this.#context.state;
    this.#buffer.add({ step, epoch, ids, losses, known, logged: this.isLogged(step) });
    this.#throughput.addImages(ids.length);
    if (this.#isRead(step)) await this.onFlush();
  }

  async onFlush(): Promise<void> {
    const steps = await this.#buffer.read();
    const { adversarial } = this.#context.session.config;
    const followsUpdate = adversarial.lgTiming === "after" || adversarial.discriminatorSteps > 1;
    for (const step of steps) {
      const lastFinite = this.#lastFinite;
      if (!isFiniteStep(step)) throw nonFiniteStep(step, { lastFinite, followsUpdate });
      this.#lastFinite = step;
    }
    const logged = steps.filter((step) => step.logged);
    if (logged.length === 0) return;
    const [time, speed] = [Date.now(), this.#throughput.read()];
    for (const { step, epoch, logs } of logged) {
      await this.#context.emit({ type: "step", time, step, epoch, logs, ...speed });
    }
  }

  /** Throughput leaves out what is no training. */
  onEvent({ type }: TrainEvent): void {
    if (type === "sample" || type === "checkpoint") this.#throughput.restart();
  }

  onRollback(): void {
    this.#buffer.clear();
    this.#lastFinite = null;
  }

  stateTensors(): StateTensor[] {
    return variablesOf("discriminator.initial", this.#buffer.initial);
  }

  dispose(): void {
    this.#buffer.dispose();
  }

  /** Whether losses are read after this step: seldom on a GPU, which each reading stalls. */
  #isRead(step: number): boolean {
    const { config: { train }, backend } = this.#context.session;
    return step % (train.logEvery ?? (backend.name === "webgpu" ? 50 : 1)) === 0;
  }
}

/** Counts images and the time spent waiting for them between two readings. */
export class Throughput {
  #time = performance.now();
  #waiting = 0;
  #images = 0;

  /** Leaves out what happened since the last reading, such as a validation. */
  restart(): void {
    this.#time = performance.now();
    this.#waiting = 0;
    this.#images = 0;
  }

  addImages(count: number): void {
    this.#images += count;
  }

  /** Figures since the reading before. */
  read(): { imagesPerSecond: number; dataShare: number } {
    const elapsed = performance.now() - this.#time;
    const figures = {
      imagesPerSecond: this.#images * 1000 / elapsed,
      dataShare: this.#waiting / elapsed,
    };
    this.restart();
    return figures;
  }

  /** Passes values on and counts the time spent waiting for them. */
  async *timed<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
    let started = performance.now();
    for await (const value of values) {
      this.#waiting += performance.now() - started;
      yield value;
      started = performance.now();
    }
  }
}
