/**
 * Whether a split of a benchmark is the whole split that others publish scores of.
 *
 * @module
 */
import { sha256 } from "../../util/hash.ts";
import type { Dataset } from "../dataset.ts";
import type { Finding } from "./data_report.ts";

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
