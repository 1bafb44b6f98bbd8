/**
 * One pass over a split: everything that training and the inspector check and count.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";
import { binPixels, sizeBin } from "../scan/region_sizes.ts";
import type { ReadSample, SampleFacts, ShownFacts } from "../scan/sample_facts.ts";
import { type ScanOptions, scanSamples } from "../scan/scan_samples.ts";
import { median, type ObjectSizes, type SizeSummary, type SplitReport } from "./data_report.ts";

/** How much of a split is read. */
export interface ScanSplitOptions extends ScanOptions {
  /**
   * Largest number of samples, spread evenly over the split.
   *
   * @default all
   */
  limit?: number | undefined;
}

/** What the pass counted, and what only later steps need. */
export interface ScannedSplit {
  dataset: Dataset;
  report: SplitReport;
  /** What each sample that was read came to, with its place in the split. */
  samples: { index: number; facts: SampleFacts }[];
  /** Hash of each image's file, by sample name. */
  contents: Map<string, string>;
  /** Perceptual hash of each decoded image, by sample name. */
  hashes: Map<string, string>;
  /** Pixels of the samples that hold each class, in class order. */
  pixelsAround: number[];
}

/** Share of labelled pixels below which a label map counts as nearly empty. */
const NEAR_EMPTY = 0.01;

/** Below this many pixels an object is small: 32×32, as COCO counts. */
const SMALL = 32 ** 2;

/** Reads samples of a split and counts; a sample that cannot be read is noted and passed over. */
export async function scanSplit(
  dataset: Dataset,
  { limit = Infinity, ...options }: ScanSplitOptions = {},
): Promise<ScannedSplit> {
  const count = Math.min(dataset.ids.length, limit);
  const indices = Array.from(
    { length: count },
    (_, i) => Math.floor(i * dataset.ids.length / count),
  );
  const found = await scanSamples(dataset, indices, options);
  const scan = new Scan(dataset);
  for (const [i, facts] of found.entries()) scan.add(indices[i]!, facts);
  return scan.end();
}

class Scan {
  readonly #scanned: ScannedSplit;
  readonly #widths: number[] = [];
  readonly #heights: number[] = [];
  readonly #regions: Map<number, number>[];
  #pixels = 0;
  #sums: number[] = [0, 0, 0];
  #squares: number[] = [0, 0, 0];

  constructor(dataset: Dataset) {
    const { classes } = dataset;
    this.#regions = classes.map(() => new Map());
    this.#scanned = {
      dataset,
      samples: [],
      contents: new Map(),
      hashes: new Map(),
      pixelsAround: classes.map(() => 0),
      report: {
        split: dataset.split,
        samples: dataset.ids.length,
        read: 0,
        broken: [],
        sizes: null,
        histogram: new Array(256).fill(0),
        strays: [],
        pixels: classes.map(() => 0),
        images: classes.map(() => 0),
        ignored: 0,
        classesPerImage: [],
        objects: [],
        nearEmpty: [],
        uniform: [],
        mean: [0, 0, 0],
        std: [0, 0, 0],
      },
    };
  }

  add(index: number, facts: SampleFacts): void {
    const { dataset, report, samples, contents } = this.#scanned;
    const id = dataset.ids[index]!;
    samples.push({ index, facts });
    report.read++;
    if ("fault" in facts) {
      report.broken.push({ id, message: facts.fault });
      return;
    }
    contents.set(id, facts.content);
    this.#widths.push(facts.width);
    this.#heights.push(facts.height);
    this.#addLabel(id, facts);
    if (facts.shown !== undefined) this.#addShown(id, facts, facts.shown);
  }

  end(): ScannedSplit {
    const { report } = this.#scanned;
    if (this.#widths.length > 0) report.sizes = sizesOf(this.#widths, this.#heights);
    if (this.#pixels > 0) {
      report.mean = this.#sums.map((sum) => sum / this.#pixels);
      report.std = this.#squares.map((sum, c) =>
        Math.sqrt(Math.max(0, sum / this.#pixels - report.mean[c]! ** 2))
      );
      report.objects = this.#regions.map(objectSizes);
    }
    // Classes that no sample has as many of are zeros, not holes
    report.classesPerImage = Array.from(report.classesPerImage, (images) => images ?? 0);
    return this.#scanned;
  }

  #addShown(id: string, facts: ReadSample, { sums, squares, hash, regions }: ShownFacts): void {
    this.#scanned.hashes.set(id, hash);
    if (this.#sums.length !== sums.length) {
      [this.#sums, this.#squares] = [sums.map(() => 0), sums.map(() => 0)];
    }
    this.#pixels += facts.width * facts.height;
    for (const c of sums.keys()) {
      this.#sums[c]! += sums[c]!;
      this.#squares[c]! += squares[c]!;
    }
    for (const [value, bins] of regions) {
      const own = this.#regions[value];
      for (const [bin, count] of own === undefined ? [] : bins) {
        own!.set(bin, (own!.get(bin) ?? 0) + count);
      }
    }
  }

  #addLabel(id: string, { width, height, values }: ReadSample): void {
    const { report, dataset: { classes, ignoreLabel }, pixelsAround } = this.#scanned;
    let [present, labelled] = [0, 0];
    for (const [value, pixels] of values) {
      report.histogram[value]! += pixels;
      if (value === ignoreLabel) report.ignored += pixels;
      else if (value >= classes.length) {
        const known = report.strays.find((stray) => stray.value === value);
        if (known === undefined) report.strays.push({ value, first: id, samples: 1 });
        else known.samples++;
      } else {
        present++;
        labelled += pixels;
        report.pixels[value]! += pixels;
        report.images[value]!++;
        pixelsAround[value]! += width * height;
      }
    }
    report.classesPerImage[present] = (report.classesPerImage[present] ?? 0) + 1;
    if (labelled < NEAR_EMPTY * width * height) report.nearEmpty.push(id);
    else if (present === 1) report.uniform.push(id);
  }
}

function objectSizes(bins: ReadonlyMap<number, number>): ObjectSizes {
  const sorted = [...bins].sort(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, regions]) => sum + regions, 0);
  if (count === 0) return { count, small: 0, smallest: 0, median: 0, largest: 0 };
  let [seen, middle, small] = [0, 0, 0];
  for (const [bin, regions] of sorted) {
    if (seen * 2 < count) middle = bin;
    if (bin < sizeBin(SMALL)) small += regions;
    seen += regions;
  }
  return {
    count,
    small,
    smallest: binPixels(sorted[0]![0]),
    median: binPixels(middle),
    largest: binPixels(sorted.at(-1)![0]),
  };
}

function sizesOf(widths: number[], heights: number[]): SizeSummary {
  // No spread: a split may hold more images than a call takes arguments
  const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
  return {
    min: [least(widths), least(heights)],
    median: [median(widths), median(heights)],
    max: [most(widths), most(heights)],
    distinct: new Set(widths.map((width, i) => `${width}x${heights[i]}`)).size,
  };
}
