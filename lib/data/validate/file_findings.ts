/**
 * Which files a data set is made of: images that occur more than once, links that lead out of its
 * folder, and whether a split of a benchmark is the whole split that others publish scores of.
 *
 * @module
 */
import { relative, resolve } from "node:path";
import type { Finding } from "./data_report.ts";
import type { ScannedSplit } from "./_scan_split.ts";
import { realpath } from "node:fs/promises";
import type { Dataset } from "../dataset.ts";
import { sha256 } from "../../util/hash.ts";
import { isInsideFolder } from "../../util/user_paths.ts";

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

/**
 * Counts the files of a split that links place outside the data set's folder: intended in a data set
 * of one's own, suspicious in one from an archive. The folder itself may be a link.
 */
export async function findLinks(
  { split, ids, files }: Pick<Dataset, "split" | "ids" | "files">,
  dir: string | null,
): Promise<Finding[]> {
  if (files === undefined || dir === null) return [];
  const root = await realpath(dir).catch(() => null);
  if (root === null) return [];
  let first: [path: string, target: string] | null = null;
  let count = 0;
  for (const index of ids.keys()) {
    const { image, label } = files(index);
    for (const path of [image, label]) {
      const target = await realpath(path).catch(() => path); // a missing file is found by reading
      if (isInsideFolder(target, root)) continue;
      first ??= [path, target];
      count++;
    }
  }
  if (first === null) return [];
  const message = `${count} of ${2 * ids.length} files are links that lead out of the folder ` +
    `(${relative(dir, first[0])} to ${first[1]}): is that intended?`;
  return [{ severity: "note", split, message }];
}

/** A split as published. */
interface PublishedSplit {
  count: number;
  /** SHA-256 of its names, sorted, a line each. */
  names?: string;
}

const VOC_VAL: PublishedSplit = {
  count: 1449,
  names: "6f8edc37993764f6e212237d39546fb595246244147e8a050813c520aac0ade1",
};
const VOC_TRAIN_AUG: PublishedSplit = {
  count: 10_582,
  names: "855dff350b7f447bf43cb98ea626a32e0d0b3b7c5786e03b2712a21355b635bf",
};

/** By reader and split. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, PublishedSplit>>>> = {
  voc: {
    train: {
      count: 1464,
      names: "129f1fe991729b1862115b77738c938c149c1f167baa02b4b3186aea9f0d6a84",
    },
    val: VOC_VAL,
    trainval: { count: 2913 },
    train_aug: VOC_TRAIN_AUG,
  },
  "voc-aug": { train: VOC_TRAIN_AUG, val: VOC_VAL },
  sbd: { train: { count: 8498 }, val: { count: 2857 } },
  cityscapes: { train: { count: 2975 }, val: { count: 500 }, test: { count: 1525 } },
  camvid: { train: { count: 367 }, val: { count: 101 }, test: { count: 233 } },
};

/** How a split compares with the published one, where there is one. */
export function comparePublished(
  { name, split, ids }: Pick<Dataset, "name" | "split" | "ids">,
): Finding[] {
  const published = PUBLISHED[name]?.[split];
  if (published === undefined) return [];
  const note = (message: string): Finding[] => [{ severity: "note", split, message }];
  const { count, names } = published;
  if (ids.length !== count) {
    return note(
      `has ${ids.length} images, the published split ${count}: scores on it do not compare`,
    );
  }
  if (names === undefined) return note(`has as many images as the published split, ${count}`);
  const seen = sha256([new TextEncoder().encode([...ids].sort().join("\n"))]);
  return note(
    seen === names
      ? `is the published split of ${count} images`
      : `has ${count} images as the published split has, but not the same ones`,
  );
}
