/**
 * How often each class occurs in a split: what `inspect data` prints weights from and training takes.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";
import { scanSplit } from "./_scan_split.ts";
import type { ClassCounts } from "./data_report.ts";

/** Class counts of a split, with the classes of each sample. */
export interface SplitCounts extends ClassCounts {
  /** Classes that occur in each sample, in the order of the split; none where it is damaged. */
  classesOf: readonly (readonly number[])[];
}

/**
 * Counts the classes of every sample of a split by what its check found; damaged samples are passed
 * over, as `inspect data` does.
 *
 * @throws {Error} If a file is missing or unreadable; the message names it.
 */
export async function countClasses(dataset: Dataset): Promise<SplitCounts> {
  const { report: { pixels }, pixelsAround, samples } = await scanSplit(dataset);
  const classesOf = samples.map(({ facts }) => {
    if (!("fault" in facts)) return classesIn(dataset, facts.values);
    if (!facts.damaged) throw new Error(facts.fault);
    return [];
  });
  return { pixels, pixelsAround, classesOf };
}

function classesIn(
  { classes, ignoreLabel }: Dataset,
  values: readonly (readonly number[])[],
): number[] {
  return values.flatMap(([value]) =>
    value! < classes.length && value !== ignoreLabel ? [value!] : []
  );
}
