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
import { classOrder, type NamedClasses } from "../data/class_order.ts";
import { describeMean, type Scores } from "../metrics/scores.ts";
import { groupBy } from "../util/group_by.ts";
import type { Published, PublishedCost, ScoredValidation } from "./grid.ts";
import type { Condition, SweepPlan } from "./plan_sweep.ts";
import type { TrialResult } from "./sweep_folder.ts";

/** One seed's run compared with the reference's run of the same seed. */
export interface PairedSeed {
  seed: number;
  /** Difference of mIoU. */
  difference: number;
}

/** One row: a condition over its finished seeds. All scores are fractions. */
export interface SweepRow {
  condition: string;
  name: string;
  isBaseline: boolean;
  /** Whether the others are compared with it. */
  isReference: boolean;
  /** Seeds that finished with a score, in order. */
  seeds: number[];
  /** Seeds whose loss was no number. */
  diverged: number[];
  /** Absent while no seed has finished. */
  pAcc: Summary | null;
  mIoU: Summary | null;
  /** mIoU against the reference, over the seeds that both have. */
  difference: PairedComparison | null;
  /** The differences that it is the mean of, in the order of the seeds. */
  pairs: PairedSeed[];
  /** The conclusion that the difference allows; `null` where there is none. */
  reading: string | null;
  published: Published | null;
  /** Published mIoU less that of the reference, in points. */
  publishedDifference: number | null;
  publishedCost: PublishedCost | null;
  /** Median over seeds of the wall time of one training epoch. */
  secondsPerEpoch: number | null;
  parameters: TrialResult["parameters"] | null;
}

/** A sweep's results. */
export interface SweepTable {
  name: string;
  score: ScoredValidation;
  /** Name of the row that the others are compared with. */
  reference: string | null;
  /** Trials that have a result, of how many. */
  finished: number;
  trials: number;
  rows: SweepRow[];
  /** Where scores of its trials cannot be compared as they stand, a sentence each. */
  notes: string[];
}

/** Options of {@linkcode sweepTable}. */
export interface SweepTableOptions {
  /**
   * Name of the trial that the others are compared with.
   * @default the sweep's baseline
   */
  against?: string | undefined;
}

/**
 * Sums up what has finished; rows of conditions without a finished seed are there, empty.
 *
 * @throws {ClassMismatchError} If trials were scored on other classes.
 * @throws {RangeError} If there is no such trial to compare with.
 */
export function sweepTable(
  plan: SweepPlan,
  results: ReadonlyMap<string, TrialResult>,
  options: SweepTableOptions = {},
): SweepTable {
  const runsOf = (condition: Condition): TrialResult[] =>
    plan.trials.filter((trial) => trial.condition === condition.id)
      .flatMap(({ id }) => results.get(id) ?? []);
  const reference = referenceOf(plan, options);
  const other = reference === null ? null : { condition: reference, runs: runsOf(reference) };
  return {
    name: plan.name,
    score: plan.score,
    reference: reference?.name ?? null,
    finished: results.size,
    trials: plan.trials.length,
    rows: plan.conditions.map((condition) =>
      rowOf(condition, { runs: runsOf(condition), other, score: plan.score })
    ),
    notes: yardstickNotes(
      plan.conditions.flatMap((condition) =>
        runsOf(condition).flatMap((run) => {
          const scores = run[plan.score];
          return scores === null ? [] : [{ name: `${condition.name}, seed ${run.seed}`, scores }];
        })
      ),
    ),
  };
}

/** Scores of a trial under its name. */
interface NamedScores {
  name: string;
  scores: Scores;
}

/**
 * Says where trials were scored by different rules, or over different classes.
 *
 * @throws {ClassMismatchError} If two were scored on other classes.
 */
function yardstickNotes(all: readonly NamedScores[]): string[] {
  const [first] = all;
  if (first === undefined) return [];
  const namesOf = ({ name, scores }: NamedScores): NamedClasses => ({
    subject: `the trial "${name}"`,
    names: scores.classes.map((one) => one.name),
  });
  for (const one of all) classOrder(namesOf(one), namesOf(first));
  const ruleOf = ({ scores }: NamedScores): string =>
    `${describeMean(scores)}${
      scores.scoreSize === "resized" ? "; labels resized as images are" : ""
    }`;
  const rules = groupBy(all, ruleOf);
  if (rules.length === 1) return [];
  return [
    "The trials' mIoU cannot be compared as it stands: they were scored by different rules",
    ...rules.map(([one, ...others]) =>
      `${one.name}${others.length === 0 ? "" : ` and ${others.length} more`}: ${ruleOf(one)}`
    ),
  ];
}

function referenceOf(
  { conditions, name }: SweepPlan,
  { against }: SweepTableOptions,
): Condition | null {
  if (against === undefined) return conditions.find(({ isBaseline }) => isBaseline) ?? null;
  const found = conditions.find((condition) => condition.name === against);
  if (found !== undefined) return found;
  const known = conditions.map((condition) => `"${condition.name}"`).join(", ");
  throw new RangeError(`Cannot compare ${name} with "${against}": its trials are ${known}`);
}

/** What a row is made of. */
interface Evidence {
  runs: TrialResult[];
  other: { condition: Condition; runs: TrialResult[] } | null;
  score: ScoredValidation;
}

function rowOf(condition: Condition, { runs, other, score }: Evidence): SweepRow {
  const scored = runs.filter((run) => run[score] !== null);
  const scores = (metric: "pAcc" | "mIoU"): Summary | null =>
    scored.length === 0 ? null : summarize(scored.map((run) => run[score]![metric]));
  const isReference = condition.id === other?.condition.id;
  const paired = isReference || other === null ? [] : pair(scored, other.runs, { score });
  const difference = paired.length === 0 ? null : comparePaired({
    values: paired.map(({ value }) => value),
    baseline: paired.map(({ base }) => base),
  });
  const [ours, theirs] = [condition.published, other?.condition.published ?? null];
  const times = runs.flatMap(({ secondsPerEpoch }) => secondsPerEpoch ?? []).sort((a, b) => a - b);
  return {
    condition: condition.id,
    name: condition.name,
    isBaseline: condition.isBaseline,
    isReference,
    seeds: scored.map(({ seed }) => seed),
    diverged: runs.filter(({ reason }) => reason === "non-finite").map(({ seed }) => seed),
    pAcc: scores("pAcc"),
    mIoU: scores("mIoU"),
    difference,
    pairs: paired.map(({ seed, value, base }) => ({ seed, difference: value - base })),
    reading: difference === null ? null : readComparison(
      difference,
      other!.condition.isBaseline ? {} : { reference: other!.condition.name },
    ),
    published: ours,
    publishedDifference: isReference || ours === null || theirs === null
      ? null
      : ours.mIoU - theirs.mIoU,
    publishedCost: condition.publishedCost ?? null,
    secondsPerEpoch: times[Math.floor(times.length / 2)] ?? null,
    parameters: runs[0]?.parameters ?? null,
  };
}

/** mIoU of equal seeds, where both have one. */
function pair(
  runs: TrialResult[],
  others: TrialResult[],
  { score }: { score: ScoredValidation },
): { seed: number; value: number; base: number }[] {
  return runs.flatMap((run) => {
    const base = others.find(({ seed }) => seed === run.seed)?.[score]?.mIoU;
    return base === undefined ? [] : [{ seed: run.seed, value: run[score]!.mIoU, base }];
  });
}
