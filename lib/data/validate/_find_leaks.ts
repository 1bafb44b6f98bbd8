/**
 * Images that occur more than once.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Finding } from "./data_report.ts";
import type { ScannedSplit } from "./_scan_split.ts";

/** Names of one image in two places. */
type Duplicate = [first: string, second: string];

/**
 * Finds images that two splits share, by their pixels where they were read and by their path
 * where not, and images that occur twice in one.
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
      const duplicates = sharedBy(a, b);
      if (duplicates.length === 0) continue;
      const [one, other] = [a.report.split, b.report.split];
      findings.push({
        severity: i === 0 ? "error" : "warning",
        split: null,
        message:
          `${counted(duplicates.length)} both in ${one} and in ${other} (${
            examples(duplicates)
          }): ` +
          (i === 0 ? `scores on ${other} would be of images used in training; ` : "") +
          `remove them from one of the two`,
      });
    }
  }
  return findings;
}

function repeatedIn({ fingerprints }: ScannedSplit): Duplicate[] {
  const seen = new Map<string, string>();
  const duplicates: Duplicate[] = [];
  for (const [id, fingerprint] of fingerprints) {
    const first = seen.get(fingerprint);
    if (first === undefined) seen.set(fingerprint, id);
    else duplicates.push([first, id]);
  }
  return duplicates;
}

function sharedBy(a: ScannedSplit, b: ScannedSplit): Duplicate[] {
  const others = new Map([...a.fingerprints].map(([id, fingerprint]) => [fingerprint, id]));
  const paths = pathsOf(a);
  const duplicates = new Map<string, string>();
  for (const [path, id] of pathsOf(b)) {
    const other = paths.get(path);
    if (other !== undefined) duplicates.set(id, other);
  }
  for (const [id, fingerprint] of b.fingerprints) {
    const other = others.get(fingerprint);
    if (other !== undefined) duplicates.set(id, other);
  }
  return [...duplicates].map(([id, other]) => [other, id]);
}

function pathsOf({ dataset }: ScannedSplit): Map<string, string> {
  if (dataset.files === undefined) return new Map();
  return new Map(dataset.ids.map((id, i) => [resolve(dataset.files!(i).image), id]));
}

function counted(count: number): string {
  return count === 1 ? "1 image is" : `${count} images are`;
}

function examples(duplicates: readonly Duplicate[]): string {
  const shown = duplicates.slice(0, 3).map(([a, b]) => a === b ? a : `${a} = ${b}`).join(", ");
  return duplicates.length > 3 ? `${shown}, …` : shown;
}
