/**
 * How far the processor may run ahead of the adapter.
 *
 * @module
 */

/**
 * Waits for the adapter every few steps. Without it a run that reads its losses seldom would hand
 * over minutes of work, hold every batch of it in memory, and answer a signal only after all that.
 * The wait costs about 10 ms in Deno, and the pause of the adapter is that of one step's launches.
 */
export class Pace {
  readonly #queue: Pick<GPUQueue, "onSubmittedWorkDone">;
  readonly #ahead: number;
  #steps = 0;

  /** `ahead`: most steps that are handed over and not done. */
  constructor(queue: Pick<GPUQueue, "onSubmittedWorkDone">, ahead = 8) {
    this.#queue = queue;
    this.#ahead = ahead;
  }

  /** Call after each step. */
  async afterStep(): Promise<void> {
    this.#steps = (this.#steps + 1) % this.#ahead;
    if (this.#steps === 0) await this.#queue.onSubmittedWorkDone();
  }
}
