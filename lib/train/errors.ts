/**
 * How a run fails.
 *
 * @module
 */
import type { StepMetrics } from "./events.ts";

/** A loss or weight is NaN or infinite; training on would only spoil the weights. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
  /** The first step with a value that is not finite, from 1. */
  readonly step: number;
  /** Samples of that step; empty where a weight was found so. */
  readonly ids: string[];
  /** The metrics of the last step that were finite, `null` if there were none. */
  readonly lastFinite: StepMetrics | null;

  constructor(bad: StepMetrics, lastFinite: StepMetrics | null) {
    const [key, value] = Object.entries(bad.logs).find(([, v]) => !Number.isFinite(v))!;
    const before = lastFinite === null
      ? "no step before it"
      : `step ${lastFinite.step} had ${describe(lastFinite)}`;
    const samples = bad.ids.length === 0 ? "" : `samples ${bad.ids.join(", ")}; `;
    super(
      `Cannot go on at step ${bad.step}: ${key} is ${value} (${samples}${before}); lower ` +
        "optimizer.lr or adversarial.discriminator.lr, or set optimizer.clipNorm",
    );
    this.step = bad.step;
    this.ids = bad.ids;
    this.lastFinite = lastFinite;
  }
}

/** Whether every value of a step is a number. */
export function isFiniteStep(step: StepMetrics): boolean {
  return Object.values(step.logs).every(Number.isFinite);
}

function describe({ logs }: StepMetrics): string {
  return Object.entries(logs)
    .filter(([key]) => key.startsWith("loss/"))
    .map(([key, value]) => `${key} ${value.toPrecision(4)}`)
    .join(", ");
}

/** A run cannot be resumed: it is damaged, or it would become another run. */
export class ResumeError extends Error {
  override name = "ResumeError";
}

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
