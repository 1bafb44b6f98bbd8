/**
 * Statistics of small samples: summaries, paired tests and their wording.
 *
 * @module
 */
import { significant } from "../util/format.ts";

/** Mean and spread of a sample. */
export interface Summary {
  n: number;
  mean: number;
  /** Sample standard deviation (n − 1); `null` for a single value. */
  sd: number | null;
}

/** Two lists of one length, where values of one index belong together: the same seed. */
export interface Paired {
  values: readonly number[];
  baseline: readonly number[];
}

/** A paired difference, value − baseline. */
export interface PairedComparison extends Summary {
  /** 95 % interval of the mean by Student's t; `null` for a single pair. */
  interval: [low: number, high: number] | null;
  /** Two-sided p of the exact sign-flip permutation test of the mean. */
  permutationP: number;
  /** Two-sided exact p of Wilcoxon's signed-rank test; zeros are dropped, ties share ranks. */
  wilcoxonP: number;
  /** The smallest p that so many pairs can give, whatever their values. */
  smallestP: number;
}

/** Above this many pairs the permutations are drawn, not listed. */
const LISTED_PAIRS = 20;

/** Permutations drawn for more pairs than that; the p is then good to about 0.002. */
const DRAWN = 100_000;

/** Pairs at which the smallest possible two-sided p, 2/2ⁿ, gets below 5 %. */
export const PAIRS_FOR_FIVE_PERCENT = 6;

/**
 * Mean and standard deviation.
 *
 * @throws {RangeError} If there is no value or one is not finite.
 * @example
 * ```ts
 * import { summarize } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(summarize([1, 2, 3]), { n: 3, mean: 2, sd: 1 });
 * ```
 */
export function summarize(values: readonly number[]): Summary {
  const n = values.length;
  if (n === 0 || !values.every(Number.isFinite)) {
    throw new RangeError(`Cannot summarize [${values.join(", ")}]: finite numbers are needed`);
  }
  const mean = sum(values) / n;
  const sd = n > 1 ? Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / (n - 1)) : null;
  return { n, mean, sd };
}

/**
 * Compares two lists pair by pair: mean difference, t interval and two exact tests.
 *
 * @throws {RangeError} If the lists differ in length, are empty or hold a non-finite number.
 * @example
 * ```ts
 * import { comparePaired } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const { mean, permutationP } = comparePaired({ values: [3, 4, 6], baseline: [2, 2, 3] });
 * assert.equal(mean, 2);
 * assert.equal(permutationP, 0.25); // 2 of 2³ sign flips are as far out
 * ```
 */
export function comparePaired({ values, baseline }: Paired): PairedComparison {
  if (values.length !== baseline.length) {
    throw new RangeError(
      `Cannot pair ${values.length} values with ${baseline.length}: every value needs its ` +
        "counterpart of the same seed",
    );
  }
  const differences = values.map((value, i) => value - baseline[i]!);
  const summary = summarize(differences);
  const { n, mean, sd } = summary;
  const half = sd === null ? null : studentQuantile(0.975, n - 1) * sd / Math.sqrt(n);
  return {
    ...summary,
    interval: half === null ? null : [mean - half, mean + half],
    permutationP: permutationTest(differences),
    wilcoxonP: wilcoxonTest(differences),
    smallestP: Math.min(1, 2 / 2 ** n),
  };
}

/** Options of {@linkcode readComparison}. */
export interface ReadOptions {
  /**
   * Significance level.
   * @default 0.05
   */
  level?: number;
  /**
   * What the others are compared with, in words.
   * @default "the baseline"
   */
  reference?: string;
}

/** What the comparison shows, in one sentence. */
export function readComparison(comparison: PairedComparison, options: ReadOptions = {}): string {
  const { level = 0.05, reference = "the baseline" } = options;
  const { n, permutationP, smallestP, interval, mean } = comparison;
  if (n === 1) return "One seed: a difference of one pair has no spread, so it says nothing";
  if (smallestP >= level) {
    const needed = Math.ceil(Math.log2(2 / level));
    return `Too few seeds to say anything: ${n} pairs cannot give a p below ${
      Number(smallestP.toPrecision(2))
    }, however large the difference; ${needed} are needed for ${level}`;
  }
  if (permutationP >= level) {
    const range = interval!.map((end) => signed(end * 100)).join(" to ");
    return `No difference shown (p = ${
      significant(permutationP)
    }, ${n} seeds): anything from ${range} ` +
      "points fits the data";
  }
  return `${mean > 0 ? "Better" : "Worse"} than ${reference} by ${
    significant(Math.abs(mean) * 100)
  } points (p = ${significant(permutationP)}, ${n} seeds)`;
}

/** Share of sign flips of the differences whose mean is at least as far from 0 as theirs. */
function permutationTest(differences: readonly number[]): number {
  const observed = Math.abs(sum(differences));
  // What differs by rounding alone counts as equal
  const limit = observed - 1e-12 * sum(differences.map(Math.abs));
  const n = differences.length;
  if (n > LISTED_PAIRS) return drawnPermutations(differences, limit);
  let extreme = 0;
  for (let flips = 0; flips < 2 ** n; flips++) {
    let total = 0;
    for (let i = 0; i < n; i++) total += (flips >> i) & 1 ? -differences[i]! : differences[i]!;
    if (Math.abs(total) >= limit) extreme++;
  }
  return extreme / 2 ** n;
}

/** The same with drawn flips; the observed one is counted in, so that p is never 0. */
function drawnPermutations(differences: readonly number[], limit: number): number {
  let state = 0x9e3779b9;
  let extreme = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    let total = 0;
    for (const difference of differences) {
      // xorshift32: a fixed sequence, so that a table is the same each time it is made
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      total += state < 0 ? -difference : difference;
    }
    if (Math.abs(total) >= limit) extreme++;
  }
  return extreme / (DRAWN + 1);
}

/** Exact for any number of pairs, by counting the sums of ranks that sign flips can give. */
function wilcoxonTest(differences: readonly number[]): number {
  const present = differences.filter((difference) => difference !== 0);
  if (present.length === 0) return 1;
  const ranks = doubledRanks(present.map(Math.abs));
  const total = sum(ranks);
  let chances = new Float64Array(total + 1);
  chances[0] = 1;
  for (const rank of ranks) {
    const next = new Float64Array(total + 1);
    for (let at = 0; at <= total; at++) {
      next[at] = (chances[at]! + (at >= rank ? chances[at - rank]! : 0)) / 2;
    }
    chances = next;
  }
  const positive = sum(ranks.filter((_, i) => present[i]! > 0));
  const rarer = Math.min(positive, total - positive);
  const tail = sum([...chances.subarray(0, rarer + 1)]);
  return Math.min(1, 2 * tail);
}

/** Twice the rank of each value, from 1; equal values share their mean rank. */
function doubledRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return 2 * below + equal + 1;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/**
 * The value that a t-distributed number stays below with the given probability, to about 1e-10.
 *
 * @param probability Above 0.5, below 1.
 * @param freedom Degrees of freedom, at least 1.
 * @throws {RangeError} If either is outside its range.
 * @example
 * ```ts
 * import { studentQuantile } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * assert.equal(studentQuantile(0.975, 2).toFixed(4), "4.3027");
 * ```
 */
export function studentQuantile(probability: number, freedom: number): number {
  if (!(probability > 0.5 && probability < 1 && freedom >= 1)) {
    throw new RangeError(
      `Cannot take the t quantile at ${probability} with ${freedom} degrees of freedom: ` +
        "0.5 < probability < 1 and freedom >= 1 are needed",
    );
  }
  let low = 0;
  let high = 1;
  while (cumulative(high, freedom) < probability) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (cumulative(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0. */
function cumulative(t: number, freedom: number): number {
  const x = freedom / (freedom + t * t);
  return 1 - incompleteBeta(x, freedom / 2, 0.5) / 2;
}

/** Regularised incomplete beta function, by Lentz' continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  ) / a;
  let c = 1;
  let d = 1 / (1 - (a + b) * x / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    const before = fraction;
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      fraction *= c * d;
    }
    if (Math.abs(fraction - before) < 1e-15 * fraction) break;
  }
  return front * fraction;
}

/** Lanczos' approximation (g = 7, 9 terms). */
function logGamma(z: number): number {
  const [first, ...terms] = [
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
  ] as const;
  const x = z - 1;
  const series = terms.reduce((total, term, i) => total + term / (x + i + 1), first as number);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(series);
}
