import type { RunRecord } from "../train/run/read_run.ts";

/** One point of a curve. */
export interface Point {
  run: string;
  series: string;
  x: number;
  y: number;
}

/** A quantity over epochs. */
export interface Curves {
  /** Of each run, as logged, thinned to what can be seen. */
  fine: Point[];
  /** Of each series, the mean of its runs over equal stretches of time. */
  mean: Point[];
}

/** Stretches of a mean curve. */
const STRETCHES = 60;

/** Points of all fine curves of a chart together: more would only fill the file. */
const POINTS = 6000;

/** What a run is drawn as: its group's name, or its own. */
export function seriesOf({ name, group }: RunRecord): string {
  return group ?? name;
}

/** Every series, in the order of the runs. */
export function seriesNames(runs: readonly RunRecord[]): string[] {
  return [...new Set(runs.map(seriesOf))];
}

/** Curves of one key of the log, over those runs that have it; smoothed by the given stretches. */
export function curvesOf(
  runs: readonly RunRecord[],
  key: string,
  { stretches = STRETCHES }: { stretches?: number | undefined } = {},
): Curves {
  const known = runs.map((run) => pointsOf(run, key)).filter((points) => points.length > 0);
  const most = Math.max(STRETCHES, Math.floor(POINTS / Math.max(1, known.length)));
  const series = [...new Set(known.map((points) => points[0]!.series))];
  const mean = series.flatMap((name) =>
    meanOf(known.filter((points) => points[0]!.series === name), { stretches })
  );
  const fine = known.flatMap((points) => {
    const stride = Math.ceil(points.length / most);
    return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
  });
  // Where the mean is all there is to see
  return { fine: fine.length <= mean.length ? [] : fine, mean };
}

function pointsOf(run: RunRecord, key: string): Point[] {
  const { name, start, steps } = run;
  return steps.flatMap(({ step, logs }) => {
    const y = logs[key];
    return y === undefined || !Number.isFinite(y)
      ? []
      : [{ run: name, series: seriesOf(run), x: step / start.stepsPerEpoch, y }];
  });
}

function meanOf(runs: readonly Point[][], { stretches }: { stretches: number }): Point[] {
  const all = runs.flat();
  const { series } = all[0]!;
  const end = Math.max(...runs.map((points) => points.at(-1)!.x));
  const longest = Math.max(...runs.map((points) => points.length));
  const count = Math.min(stretches, longest);
  const sums = Array.from({ length: count }, () => ({ n: 0, x: 0, y: 0 }));
  for (const { x, y } of all) {
    const sum = sums[Math.min(count - 1, Math.ceil(x / end * count - 1e-6) - 1)]!;
    sum.n++;
    sum.x += x;
    sum.y += y;
  }
  return sums.filter(({ n }) => n > 0)
    .map(({ n, x, y }) => ({ run: series, series, x: x / n, y: y / n }));
}
