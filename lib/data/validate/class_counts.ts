/**
 * How often each class occurs in a split: what `inspect data` prints weights from and training takes.
 *
 * @module
 */
import { DamagedFileError, type Dataset, type LabelMap } from "../dataset.ts";
import type { ClassCounts } from "./data_report.ts";

/** Class counts of a split, with the classes of each sample. */
export interface SplitCounts extends ClassCounts {
  /** Classes that occur in each sample, in the order of the split; none where it is damaged. */
  classesOf: readonly (readonly number[])[];
}

/** Counts the classes of label maps one by one. */
export class ClassCounter {
  readonly pixels: number[];
  readonly images: number[];
  readonly pixelsAround: number[];
  readonly #ignoreLabel: number;

  constructor({ classes, ignoreLabel }: Pick<Dataset, "classes" | "ignoreLabel">) {
    this.#ignoreLabel = ignoreLabel;
    this.pixels = classes.map(() => 0);
    this.images = classes.map(() => 0);
    this.pixelsAround = classes.map(() => 0);
  }

  /**
   * Adds a label map.
   *
   * @returns Pixels of each label value, and the classes that occur.
   */
  add({ data }: Pick<LabelMap, "data">): { histogram: Uint32Array; present: number[] } {
    const histogram = new Uint32Array(256);
    for (const value of data) histogram[value]!++;
    const present: number[] = [];
    for (const c of this.pixels.keys()) {
      if (c === this.#ignoreLabel || histogram[c] === 0) continue;
      present.push(c);
      this.pixels[c]! += histogram[c]!;
      this.images[c]!++;
      this.pixelsAround[c]! += data.length;
    }
    return { histogram, present };
  }
}

/**
 * Reads every sample of a split and counts its classes; damaged samples are passed over, as
 * `inspect data` does.
 *
 * @throws {Error} If a file is missing or unreadable; the message names it.
 */
export async function countClasses(dataset: Dataset): Promise<SplitCounts> {
  const counter = new ClassCounter(dataset);
  const classesOf: number[][] = [];
  for (const index of dataset.ids.keys()) {
    const sample = await dataset.read(index).catch((error) => {
      if (error instanceof DamagedFileError) return null;
      throw error;
    });
    classesOf.push(sample === null ? [] : counter.add(sample.label).present);
  }
  const { pixels, pixelsAround } = counter;
  return { pixels, pixelsAround, classesOf };
}
