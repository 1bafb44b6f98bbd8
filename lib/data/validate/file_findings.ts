/**
 * Which files a data set is made of: images that occur more than once, links that lead out of its
 * folder, and whether a split of a benchmark is the whole split that others publish scores of.
 *
 * @module
 */
import { basename, dirname, join, relative } from "node:path";
import { type Finding, MOST_SAMPLES, type SampleName } from "./data_report.ts";
import type { ScannedSplit } from "./_scan_split.ts";
import { lstatSync } from "node:fs";
import { realpath } from "node:fs/promises";
import type { Dataset } from "../dataset.ts";
import { alikePairs } from "../scan/picture_hash.ts";
import { type SharedImage, sharedImages } from "../scan/shared_images.ts";
import { sha256 } from "../../util/hash.ts";
import { isInsideFolder } from "../../util/user_paths.ts";

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
      const [one, other] = [a.report.split, b.report.split];
      const shared = sharedImages(a, b);
      findings.push(...alikeFinding(a, b, shared));
      if (shared.length === 0) continue;
      findings.push({
        severity: i === 0 ? "error" : "warning",
        split: null,
        message:
          `${counted(shared.length)} both in ${one} and in ${other} (${examples(shared)}): ` +
          (i === 0 ? `scores on ${other} would be of images used in training; ` : "") +
          `remove them from one of the two`,
        samples: pairSamples(shared, [one, other]),
      });
    }
  }
  return findings;
}

/** Images of two splits that look alike without being equal, as frames of one scene do. */
function alikeFinding(
  a: ScannedSplit,
  b: ScannedSplit,
  shared: readonly SharedImage[],
): Finding[] {
  const [own, others] = [[...a.hashes], [...b.hashes]];
  const known = new Set(shared.map(([, id]) => id));
  const pairs = new Map<string, string>();
  for (const [i, j] of alikePairs(own.map(([, hash]) => hash), others.map(([, hash]) => hash))) {
    const id = others[j]![0];
    if (!known.has(id) && !pairs.has(id)) pairs.set(id, own[i]![0]);
  }
  if (pairs.size === 0) return [];
  const [one, other] = [a.report.split, b.report.split];
  const alike = [...pairs].map(([id, first]): SharedImage => [first, id]);
  return [{
    severity: "warning",
    split: null,
    message: `${alike.length} of ${others.length} images of ${other} look like images of ${one} ` +
      `(${examples(alike)}): near-duplicates, by a perceptual hash; where they show the same ` +
      `scene, scores on ${other} are too high`,
    samples: pairSamples(alike, [one, other]),
  }];
}

function pairSamples(
  pairs: readonly SharedImage[],
  [one, other]: [string, string],
): SampleName[] {
  return pairs.slice(0, MOST_SAMPLES / 2)
    .flatMap(([first, second]) => [{ split: one, id: first }, { split: other, id: second }]);
}

function repeatedIn({ contents }: ScannedSplit): SharedImage[] {
  const seen = new Map<string, string>();
  const duplicates: SharedImage[] = [];
  for (const [id, content] of contents) {
    const first = seen.get(content);
    if (first === undefined) seen.set(content, id);
    else duplicates.push([first, id]);
  }
  return duplicates;
}

function counted(count: number): string {
  return count === 1 ? "1 image is" : `${count} images are`;
}

function examples(duplicates: readonly SharedImage[]): string {
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
  const folders = new Map<string, Promise<string>>();
  let first: [path: string, target: string] | null = null;
  let count = 0;
  for (const index of ids.keys()) {
    const { image, label } = files(index);
    for (const path of [image, label]) {
      const target = await targetOf(path, folders);
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

/** Where a path leads; folders are asked once, as asking for each of 20,000 files takes a second. */
async function targetOf(path: string, folders: Map<string, Promise<string>>): Promise<string> {
  if (isLink(path)) return await realpath(path).catch(() => path);
  const dir = dirname(path);
  const known = folders.get(dir) ?? realpath(dir).catch(() => dir);
  folders.set(dir, known);
  return join(await known, basename(path));
}

/** A missing file is none: reading it names the fault. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
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
