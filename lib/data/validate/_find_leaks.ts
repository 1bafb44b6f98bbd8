/**
 * Pictures that occur more than once.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Finding } from "./data_report.ts";
import type { ScannedSplit } from "./_scan_split.ts";

/** Names of one picture in two places. */
type Twins = [first: string, second: string];

/**
 * Finds pictures that two splits share, by their pixels where they were read and by their path
 * where not, and pictures that occur twice in one.
 *
 * @param scans Scanned splits; the first is the one that is trained on.
 */
export function findLeaks(scans: readonly ScannedSplit[]): Finding[] {
  const findings: Finding[] = [];
  for (const [i, a] of scans.entries()) {
    const repeated = repeatedIn(a);
    if (repeated.length > 0) {
      findings.push({
        severity: "warning",
        split: a.report.split,
        message: `${counted(repeated.length)} twice (${examples(repeated)}): it weighs double`,
      });
    }
    for (const b of scans.slice(i + 1)) {
      const twins = sharedBy(a, b);
      if (twins.length === 0) continue;
      const [one, other] = [a.report.split, b.report.split];
      findings.push({
        severity: i === 0 ? "error" : "warning",
        split: null,
        message: `${counted(twins.length)} both in ${one} and in ${other} (${examples(twins)}): ` +
          (i === 0 ? `scores on ${other} would be of pictures seen in training; ` : "") +
          `remove them from one of the two`,
      });
    }
  }
  return findings;
}

function repeatedIn({ pictures }: ScannedSplit): Twins[] {
  const seen = new Map<string, string>();
  const twins: Twins[] = [];
  for (const [id, print] of pictures) {
    const first = seen.get(print);
    if (first === undefined) seen.set(print, id);
    else twins.push([first, id]);
  }
  return twins;
}

function sharedBy(a: ScannedSplit, b: ScannedSplit): Twins[] {
  const prints = new Map([...a.pictures].map(([id, print]) => [print, id]));
  const paths = pathsOf(a);
  const twins = new Map<string, string>();
  for (const [path, id] of pathsOf(b)) {
    const other = paths.get(path);
    if (other !== undefined) twins.set(id, other);
  }
  for (const [id, print] of b.pictures) {
    const other = prints.get(print);
    if (other !== undefined) twins.set(id, other);
  }
  return [...twins].map(([id, other]) => [other, id]);
}

function pathsOf({ dataset }: ScannedSplit): Map<string, string> {
  if (dataset.files === undefined) return new Map();
  return new Map(dataset.ids.map((id, i) => [resolve(dataset.files!(i).image), id]));
}

function counted(count: number): string {
  return count === 1 ? "1 picture is" : `${count} pictures are`;
}

function examples(twins: readonly Twins[]): string {
  const shown = twins.slice(0, 3).map(([a, b]) => a === b ? a : `${a} = ${b}`).join(", ");
  return twins.length > 3 ? `${shown}, …` : shown;
}
