/**
 * One pass over a split: everything that the checker counts.
 *
 * @module
 */
import { sha256 } from "../../util/hash.ts";
import type { Dataset, LabelMap, RgbImage, Sample } from "../dataset.ts";
import { ClassCounter } from "./class_counts.ts";
import { median, type SizeSummary, type SplitReport } from "./data_report.ts";

/** How much of a split is read. */
export interface ScanOptions {
  /**
   * Largest number of samples, spread evenly over the split.
   *
   * @default all
   */
  limit?: number;
  /** Stops between samples by throwing the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** What the pass counted, and what only later steps need. */
export interface ScannedSplit {
  dataset: Dataset;
  report: SplitReport;
  /** Fingerprint of each image's pixels, by sample name. */
  fingerprints: Map<string, string>;
  /** Pixels of the samples that hold each class, in class order. */
  pixelsAround: number[];
}

/** Share of labelled pixels below which a label map counts as nearly empty. */
const NEAR_EMPTY = 0.01;

/** Reads samples of a split and counts; a sample that cannot be read is noted and passed over. */
export async function scanSplit(
  dataset: Dataset,
  { limit = Infinity, signal, onProgress }: ScanOptions = {},
): Promise<ScannedSplit> {
  const scan = new Scan(dataset);
  const count = Math.min(dataset.ids.length, limit);
  for (let i = 0; i < count; i++) {
    signal?.throwIfAborted();
    const index = Math.floor(i * dataset.ids.length / count);
    const sample = await dataset.read(index).catch((error: Error) => error);
    if (sample instanceof Error) {
      scan.report.broken.push({ id: dataset.ids[index]!, message: sample.message });
    } else scan.add(sample);
    scan.report.read++;
    onProgress?.(i + 1, count);
  }
  return scan.end();
}

class Scan {
  readonly #dataset: Dataset;
  readonly report: SplitReport;
  readonly #fingerprints = new Map<string, string>();
  readonly #counter: ClassCounter;
  readonly #widths: number[] = [];
  readonly #heights: number[] = [];
  #sums = new Float64Array(3);
  #squares = new Float64Array(3);

  constructor(dataset: Dataset) {
    this.#dataset = dataset;
    this.#counter = new ClassCounter(dataset);
    this.report = {
      split: dataset.split,
      samples: dataset.ids.length,
      read: 0,
      broken: [],
      sizes: null,
      histogram: new Array(256).fill(0),
      strays: [],
      pixels: this.#counter.pixels,
      images: this.#counter.images,
      ignored: 0,
      nearEmpty: [],
      uniform: [],
      mean: [0, 0, 0],
      std: [0, 0, 0],
    };
  }

  add({ id, image, label }: Sample): void {
    this.#fingerprints.set(id, fingerprint(image));
    this.#widths.push(image.width);
    this.#heights.push(image.height);
    this.#addColors(image);
    this.#addLabel(id, label);
  }

  end(): ScannedSplit {
    const { report } = this;
    const pixels = this.#widths.reduce((sum, width, i) => sum + width * this.#heights[i]!, 0);
    if (pixels > 0) {
      report.sizes = sizesOf(this.#widths, this.#heights);
      for (let c = 0; c < this.#sums.length; c++) {
        const mean = this.#sums[c]! / pixels;
        report.mean[c] = mean;
        report.std[c] = Math.sqrt(Math.max(0, this.#squares[c]! / pixels - mean ** 2));
      }
    }
    const { pixelsAround } = this.#counter;
    return { dataset: this.#dataset, report, fingerprints: this.#fingerprints, pixelsAround };
  }

  #addColors({ data, channels = 3 }: RgbImage): void {
    // By value: 256 squares in place of one for each pixel
    const counts = Array.from({ length: channels }, () => new Uint32Array(256));
    for (let c = 0; c < channels; c++) {
      const own = counts[c]!;
      for (let i = c; i < data.length; i += channels) own[data[i]!]!++;
    }
    if (this.#sums.length !== channels) {
      [this.#sums, this.#squares] = [new Float64Array(channels), new Float64Array(channels)];
    }
    for (let c = 0; c < channels; c++) {
      for (let value = 0; value < 256; value++) {
        this.#sums[c]! += counts[c]![value]! * value;
        this.#squares[c]! += counts[c]![value]! * value ** 2;
      }
    }
  }

  #addLabel(id: string, label: LabelMap): void {
    const { report } = this;
    const { histogram, present } = this.#counter.add(label);
    for (let value = 0; value < 256; value++) report.histogram[value]! += histogram[value]!;
    const { ignoreLabel, classes } = this.#dataset;
    report.ignored += histogram[ignoreLabel]!;
    for (let value = classes.length; value < 256; value++) {
      if (value === ignoreLabel || histogram[value] === 0) continue;
      const known = report.strays.find((stray) => stray.value === value);
      if (known === undefined) report.strays.push({ value, first: id, samples: 1 });
      else known.samples++;
    }
    const labelled = present.reduce((sum, c) => sum + histogram[c]!, 0);
    if (labelled < NEAR_EMPTY * label.data.length) report.nearEmpty.push(id);
    else if (present.length === 1) report.uniform.push(id);
  }
}

function fingerprint({ width, height, data }: RgbImage): string {
  return sha256([Uint32Array.of(width, height), data]);
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
