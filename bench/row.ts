/** One row of a benchmark. */
export interface Row {
  /** What is measured, and against what: `conv-train/cpu`. */
  name: string;
  unit: "ms" | "bytes" | "launches" | "readbacks";
  /** The thing measured; of times, the median. */
  value: number;
  /** What it is compared with. */
  baseline: number;
  /** How many times faster or less than the baseline: `baseline / value`. */
  ratio: number;
  /** Both figures at the thesis' size, where they were measured at a smaller one. */
  extrapolated?: { value: number; baseline: number };
  /** GFLOP/s of the value, two for each multiplication with its addition; where it is known. */
  gflops?: number;
}

/** The row of two series of milliseconds: their medians. */
export function timedRow(
  name: string,
  times: { value: number[]; baseline: number[]; flops?: number | undefined },
): Row {
  const [value, baseline] = [median(times.value), median(times.baseline)];
  const { flops } = times;
  return {
    ...{ name, unit: "ms", value, baseline, ratio: baseline / value },
    ...(flops === undefined ? {} : { gflops: flops / value / 1e6 }),
  };
}

/** Rows of several shapes as one: geometric means, so that each shape counts alike. */
export function geometricMean(name: string, rows: readonly Row[]): Row {
  const mean = (pick: (row: Row) => number): number =>
    Math.exp(rows.reduce((sum, row) => sum + Math.log(pick(row)), 0) / rows.length);
  const [value, baseline] = [mean((row) => row.value), mean((row) => row.baseline)];
  const rates = rows.every((row) => row.gflops !== undefined);
  return {
    ...{ name, unit: "ms", value, baseline, ratio: baseline / value },
    ...(rates ? { gflops: mean((row) => row.gflops!) } : {}),
  };
}

/**
 * The middle of some numbers, or the mean of the two in the middle.
 *
 * @throws {RangeError} If there are none.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) {
    throw new RangeError("Cannot take the median of no values: measure at least one round");
  }
  return (low + high) / 2;
}
