import { type Row, timedRow } from "./row.ts";

/** Does its work and returns the milliseconds that count, without those of its preparation. */
export type Timed = () => number | Promise<number>;

/**
 * Times two subjects interleaved, so that the machine's other load falls on both alike. The first
 * of each is a warm-up and does not count.
 *
 * @param options How many rounds count; the arithmetic of one run, where it is known.
 */
export async function timeInterleaved(
  name: string,
  { value, baseline }: { value: Timed; baseline: Timed },
  options: { rounds?: number; flops?: number } = {},
): Promise<Row> {
  const { rounds = 5, flops } = options;
  const times = { value: [] as number[], baseline: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const [b, v] = [await baseline(), await value()];
    if (round === 0) continue;
    times.baseline.push(b);
    times.value.push(v);
  }
  return timedRow(name, { ...times, flops });
}

/** Milliseconds of one call. */
export function time(body: () => void): number {
  const start = performance.now();
  body();
  return performance.now() - start;
}

/** Times all of an asynchronous subject, which ends when its result is there. */
export function timed(subject: () => Promise<void>): Timed {
  return async () => {
    const start = performance.now();
    await subject();
    return performance.now() - start;
  };
}
