/**
 * How large the objects of a label map are: its connected regions, counted by size.
 *
 * @module
 */
import type { LabelMap } from "../dataset.ts";

/** Regions of one label value: their number by {@linkcode sizeBin}, in the order of the bins. */
export type RegionSizes = [value: number, bins: [bin: number, regions: number][]];

/** The bin of a region: a quarter of a doubling of its pixels. */
export function sizeBin(pixels: number): number {
  return Math.floor(4 * Math.log2(pixels));
}

/** The least number of pixels of a bin's regions. */
export function binPixels(bin: number): number {
  return Math.ceil(2 ** (bin / 4));
}

/**
 * Sizes of the regions of each label value: pixels of one value that touch, by corners too.
 *
 * @param left Label value that is passed over.
 */
export function regionSizes({ width, height, data }: LabelMap, left: number): RegionSizes[] {
  let runs = 0;
  for (let i = 0; i < data.length; i++) {
    if (i % width === 0 || data[i] !== data[i - 1]) runs++;
  }
  const parents = new Int32Array(runs);
  const areas = new Int32Array(runs);
  const ends = new Int32Array(runs);
  const values = new Uint8Array(runs);
  const rootOf = (run: number): number => {
    while (parents[run] !== run) run = parents[run] = parents[parents[run]!]!;
    return run;
  };
  let [above, count] = [0, 0];
  for (let y = 0; y < height; y++) {
    const first = count;
    for (let x = 0; x < width;) {
      const value = data[y * width + x]!;
      const start = x;
      while (x < width && data[y * width + x] === value) x++;
      parents[count] = count;
      areas[count] = x - start;
      ends[count] = x;
      values[count] = value;
      // Runs of the row above that reach this one, from the one that ends at its corner
      while (above < first && ends[above]! < start) above++;
      for (let other = above; other < first; other++) {
        if (values[other] === value) {
          const [a, b] = [rootOf(other), rootOf(count)];
          if (a !== b) {
            parents[b] = a;
            areas[a]! += areas[b]!;
          }
        }
        if (ends[other]! > x) break;
      }
      count++;
    }
    above = first;
  }
  const bins = new Map<number, Map<number, number>>();
  for (let run = 0; run < runs; run++) {
    const value = values[run]!;
    if (parents[run] !== run || value === left) continue;
    const own = bins.get(value) ?? new Map<number, number>();
    const bin = sizeBin(areas[run]!);
    bins.set(value, own.set(bin, (own.get(bin) ?? 0) + 1));
  }
  return [...bins].sort(([a], [b]) => a - b)
    .map(([value, own]) => [value, [...own].sort(([a], [b]) => a - b)]);
}
