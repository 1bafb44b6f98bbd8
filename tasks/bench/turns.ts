import { median, type Row } from "./compare.ts";

/** Does its work and returns the milliseconds that count (not those of getting ready). */
export type Timed = () => number | Promise<number>;

/** A row and the arithmetic rate behind it. */
export interface TimedRow extends Row {
  /** GFLOP/s of the value, two for each multiplication with its addition; where it is known. */
  gflops?: number;
}

/** Times two subjects in turns, `turns` each after one that does not count. */
export async function takeTurns(
  name: string,
  options: { value: Timed; baseline: Timed; turns?: number; flops?: number },
): Promise<TimedRow> {
  const { value, baseline, turns = 5, flops } = options;
  const times = { value: [] as number[], baseline: [] as number[] };
  for (let turn = 0; turn <= turns; turn++) {
    const [b, v] = [await baseline(), await value()];
    if (turn === 0) continue;
    times.baseline.push(b);
    times.value.push(v);
  }
  return rowOf(name, { ...times, flops });
}

/** The row of two series of milliseconds. */
export function rowOf(
  name: string,
  times: { value: number[]; baseline: number[]; flops?: number | undefined },
): TimedRow {
  const [value, baseline] = [median(times.value), median(times.baseline)];
  const { flops } = times;
  return {
    ...plainRow(name, { value, baseline }),
    ...(flops === undefined ? {} : { gflops: flops / value / 1e6 }),
  };
}

/** Rows of several shapes as one: geometric means, so that each shape counts alike. */
export function geometricMean(name: string, rows: readonly TimedRow[]): TimedRow {
  const mean = (pick: (row: TimedRow) => number): number =>
    Math.exp(rows.reduce((sum, row) => sum + Math.log(pick(row)), 0) / rows.length);
  const [value, baseline] = [mean((row) => row.value), mean((row) => row.baseline)];
  const rates = rows.every((row) => row.gflops !== undefined);
  return {
    ...plainRow(name, { value, baseline }),
    ...(rates ? { gflops: mean((row) => row.gflops!) } : {}),
  };
}

function plainRow(name: string, times: { value: number; baseline: number }): TimedRow {
  return { name, unit: "ms", ...times, ratio: times.baseline / times.value };
}

/** Milliseconds of one call. */
export function time(body: () => void): number {
  const start = performance.now();
  body();
  return performance.now() - start;
}
