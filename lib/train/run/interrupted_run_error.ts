/**
 * An error that cost a run nothing but time.
 *
 * @module
 */

/** Something failed, and the run can be resumed; `cause` is what failed. */
export class InterruptedRunError extends Error {
  override name = "InterruptedRunError";
  /** Folder of the run. */
  readonly run: string;
  /** Step of its newest checkpoint. */
  readonly step: number;

  constructor(cause: Error, options: { run: string; step: number }) {
    const { run, step } = options;
    super(`${cause.message}; the run is safe up to step ${step}: resume it from ${run}`, { cause });
    this.run = run;
    this.step = step;
  }
}
