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
  /** What both sides say of the thesis' size, where they were measured at a smaller one. */
  extrapolated?: { value: number; baseline: number };
  /** GFLOP/s of the value, two for each multiplication with its addition; where it is known. */
  gflops?: number;
}

/** Something to measure: ends when its result is there. */
export type Subject = () => Promise<void>;

/**
 * Times two subjects in turns, so that both see the same moods of the machine, after one warm-up
 * each.
 *
 * @param options How many turns; `now` gives milliseconds.
 */
export async function compare(
  name: string,
  { value, baseline }: { value: Subject; baseline: Subject },
  options: { turns?: number; now?: () => number } = {},
): Promise<Row> {
  const { turns = 5, now = () => performance.now() } = options;
  const times = { value: [] as number[], baseline: [] as number[] };
  for (let turn = 0; turn <= turns; turn++) {
    for (const [key, subject] of [["baseline", baseline], ["value", value]] as const) {
      const start = now();
      await subject();
      if (turn > 0) times[key].push(now() - start);
    }
  }
  const medians = { value: median(times.value), baseline: median(times.baseline) };
  return { name, unit: "ms", ...medians, ratio: medians.baseline / medians.value };
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
    throw new RangeError("Cannot take the median of no values: measure at least one turn");
  }
  return (low + high) / 2;
}
