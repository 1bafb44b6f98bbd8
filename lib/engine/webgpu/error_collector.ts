/**
 * WebGPU reports validation and out-of-memory errors by an event and continues with invalid results.
 * The collector keeps what the device reports and throws it when the caller checks, after each step.
 *
 * @module
 */

/**
 * Most steps that are submitted and not done. Without this limit a run that seldom reads its losses
 * would submit minutes of work, hold all its batches in memory and react to a signal only after it.
 */
const MAX_STEPS_IN_FLIGHT = 8;
const REMEDY = "; lower data.batch, data.crop or model.width";

/** Keeps a device's uncaptured errors and its loss until {@linkcode ErrorCollector.check}. */
export class ErrorCollector {
  #first: string | null = null;
  #count = 0;
  #lost: string | null = null;
  #closing = false;
  readonly #queue: GPUQueue;
  #stepsInFlight = 0;

  /** Starts listening to `device`. */
  constructor(device: GPUDevice) {
    this.#queue = device.queue;
    device.addEventListener("uncapturederror", (event: Event): void => {
      const error = (event as unknown as { error: GPUError }).error;
      this.add(`${error.constructor.name}: ${error.message.trim().replaceAll(/\s+/g, " ")}`);
    });
    void device.lost.then((info) => {
      if (!this.#closing) this.#lost = `${info.reason}: ${info.message}`;
    });
  }

  /** Errors seen since the last check. */
  get count(): number {
    return this.#count;
  }

  /** Records an error that was found in another way, such as by an error scope. */
  add(message: string): void {
    this.#first ??= message;
    this.#count++;
  }

  /** Announces that the device will be destroyed on purpose, so that its loss is no error. */
  close(): void {
    this.#closing = true;
  }

  /**
   * Throws what was collected and forgets it. Call it at the end of a step: it lets pending events
   * arrive first, which costs one turn of the event loop, and every eighth time waits for the adapter
   * (about 10 ms in Deno), which limits the steps in flight.
   *
   * @throws {Error} If the device reported errors or was lost since the last check.
   */
  async check(): Promise<void> {
    this.#stepsInFlight = (this.#stepsInFlight + 1) % MAX_STEPS_IN_FLIGHT;
    if (this.#lost === null && this.#stepsInFlight === 0) await this.#queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#lost !== null) {
      throw new Error(
        `WebGPU device was lost (${this.#lost}): results since the last checkpoint are gone, ` +
          `resume the run from its last checkpoint`,
      );
    }
    if (this.#first === null) return;
    const message = `WebGPU reported ${this.#count} error${this.#count > 1 ? "s" : ""} ` +
      `in this step, results are invalid; the first: ${this.#first}` +
      (this.#first.startsWith("GPUOutOfMemoryError") ? REMEDY : "");
    this.#first = null;
    this.#count = 0;
    throw new Error(message);
  }
}
