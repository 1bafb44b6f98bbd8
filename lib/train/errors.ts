/**
 * How a run fails.
 *
 * @module
 */
import type { StepMetrics } from "./events.ts";

/** Where and how a run became NaN or infinite. */
export interface NonFiniteDetails {
  /** The first step with a value that is not finite, from 1. */
  step: number;
  /** From 1. */
  epoch: number;
  /** What is not finite. */
  what: string;
  /** Samples of that step; empty where a weight was found so. */
  ids: string[];
  /** The metrics of the last step that were finite, `null` if there were none. */
  lastFinite: StepMetrics | null;
  /** The newest step whose update `what` depends on: lower rates can help from before it only. */
  lastUpdate: number;
  /** Why `train.onNonFinite: rollback` does not help. */
  note?: string;
}

/** A loss or weight is NaN or infinite; training on would only spoil the weights. */
export class NonFiniteError extends Error implements NonFiniteDetails {
  override name = "NonFiniteError";
  readonly step: number;
  readonly epoch: number;
  readonly what: string;
  readonly ids: string[];
  readonly lastFinite: StepMetrics | null;
  readonly lastUpdate: number;

  constructor(details: NonFiniteDetails) {
    const { step, epoch, what, ids, lastFinite, note } = details;
    const context = [
      `epoch ${epoch}`,
      ...(ids.length === 0 ? [] : [`samples ${ids.join(", ")}`]),
      ...(lastFinite === null ? [] : [`step ${lastFinite.step} had ${describe(lastFinite)}`]),
    ];
    super(
      `Cannot go on at step ${step}: ${what} (${context.join("; ")})${
        note === undefined ? "" : `; ${note}`
      }; lower optimizer.lr or adversarial.discriminator.lr, lengthen schedule.warmupEpochs, or ` +
        "set optimizer.clipNorm",
    );
    this.step = step;
    this.epoch = epoch;
    this.what = what;
    this.ids = ids;
    this.lastFinite = lastFinite;
    this.lastUpdate = details.lastUpdate;
  }

  /** The same error, which says why going back does not help. */
  because(note: string): NonFiniteError {
    return new NonFiniteError({ ...this, note });
  }
}

/**
 * The error of a step with a value that is not finite.
 *
 * @param options The step before, and whether D's losses are taken after an update of the same step.
 */
export function nonFiniteStep(
  { step, epoch, ids, logs }: StepMetrics & { epoch: number },
  { lastFinite, followsUpdate }: { lastFinite: StepMetrics | null; followsUpdate: boolean },
): NonFiniteError {
  const [key, value] = Object.entries(logs).find(([, v]) => !Number.isFinite(v))!;
  const isLate = key === "d/drift" || (followsUpdate && key !== "loss/seg");
  const lastUpdate = isLate ? step : step - 1;
  return new NonFiniteError({
    step,
    epoch,
    what: `${key} is ${value}`,
    ids,
    lastFinite,
    lastUpdate,
  });
}

/** The error of a network or state that is found not finite after a step. */
export function nonFiniteState(
  what: string,
  { step, epoch }: { step: number; epoch: number },
): NonFiniteError {
  return new NonFiniteError({ step, epoch, what, ids: [], lastFinite: null, lastUpdate: step });
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
