/**
 * The table of a sweep.
 *
 * @module
 */
import {
  comparePaired,
  type PairedComparison,
  readComparison,
  summarize,
  type Summary,
} from "../metrics/statistics.ts";
import type { Published, ScoredValidation } from "./grid.ts";
import type { Arm, SweepPlan } from "./plan_sweep.ts";
import type { TrialResult } from "./sweep_folder.ts";

/** One row: an arm over its finished seeds. All scores are fractions. */
export interface SweepRow {
  arm: string;
  name: string;
  isBaseline: boolean;
  /** Seeds that finished with a score, in order. */
  seeds: number[];
  /** Seeds whose loss was no number. */
  diverged: number[];
  /** Absent while no seed has finished. */
  pAcc: Summary | null;
  mIoU: Summary | null;
  /** mIoU against the baseline, over the seeds that both have. */
  difference: PairedComparison | null;
  /** What the difference allows one to say; `null` where there is none. */
  reading: string | null;
  published: Published | null;
  /** Median over seeds of the wall time of one training epoch. */
  secondsPerEpoch: number | null;
  parameters: TrialResult["parameters"] | null;
}

/** A sweep's results. */
export interface SweepTable {
  name: string;
  score: ScoredValidation;
  /** Trials that have a result, of how many. */
  finished: number;
  trials: number;
  rows: SweepRow[];
}

/** Sums up what has finished; rows of arms without a finished seed are there, empty. */
export function sweepTable(
  plan: SweepPlan,
  results: ReadonlyMap<string, TrialResult>,
): SweepTable {
  const runs = (arm: Arm): TrialResult[] =>
    plan.trials.filter((trial) => trial.arm === arm.id)
      .flatMap(({ id }) => results.get(id) ?? []);
  const baseline = plan.arms.find(({ isBaseline }) => isBaseline);
  const reference = baseline === undefined ? [] : runs(baseline);
  return {
    name: plan.name,
    score: plan.score,
    finished: results.size,
    trials: plan.trials.length,
    rows: plan.arms.map((arm) => rowOf(arm, { runs: runs(arm), reference, score: plan.score })),
  };
}

function rowOf(
  arm: Arm,
  { runs, reference, score }: {
    runs: TrialResult[];
    reference: TrialResult[];
    score: ScoredValidation;
  },
): SweepRow {
  const scored = runs.filter((run) => run[score] !== null);
  const scores = (metric: "pAcc" | "mIoU"): Summary | null =>
    scored.length === 0 ? null : summarize(scored.map((run) => run[score]![metric]));
  const difference = arm.isBaseline ? null : compare(scored, reference, { score });
  const times = runs.flatMap(({ secondsPerEpoch }) => secondsPerEpoch ?? []).sort((a, b) => a - b);
  return {
    arm: arm.id,
    name: arm.name,
    isBaseline: arm.isBaseline,
    seeds: scored.map(({ seed }) => seed),
    diverged: runs.filter(({ reason }) => reason === "non-finite").map(({ seed }) => seed),
    pAcc: scores("pAcc"),
    mIoU: scores("mIoU"),
    difference,
    reading: difference === null ? null : readComparison(difference),
    published: arm.published,
    secondsPerEpoch: times[Math.floor(times.length / 2)] ?? null,
    parameters: runs[0]?.parameters ?? null,
  };
}

function compare(
  runs: TrialResult[],
  reference: TrialResult[],
  { score }: { score: ScoredValidation },
): PairedComparison | null {
  const pairs = runs.flatMap((run) => {
    const other = reference.find(({ seed }) => seed === run.seed)?.[score]?.mIoU;
    return other === undefined ? [] : [{ value: run[score]!.mIoU, other }];
  });
  if (pairs.length === 0) return null;
  return comparePaired({
    values: pairs.map(({ value }) => value),
    baseline: pairs.map(({ other }) => other),
  });
}
