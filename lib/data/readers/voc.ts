/**
 * Reader of PASCAL VOC2012 segmentation, as published.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ClassInfo, type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { indexFolder, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";

const NAMES = [
  "background",
  "aeroplane",
  "bicycle",
  "bird",
  "boat",
  "bottle",
  "bus",
  "car",
  "cat",
  "chair",
  "cow",
  "diningtable",
  "dog",
  "horse",
  "motorbike",
  "person",
  "pottedplant",
  "sheep",
  "sofa",
  "train",
  "tvmonitor",
];

/** The 21 classes of PASCAL VOC in index order, in their palette's colours. */
export const VOC_CLASSES: ClassInfo[] = NAMES.map((name, i) => ({
  name,
  color: [...vocPalette(21).subarray(i * 3, i * 3 + 3)] as ClassInfo["color"],
}));

/** Lists as `train_aug.txt` is sometimes published: two paths a line instead of a name. */
const TWO_PATHS = /^\/?JPEGImages\/([^\s/]+)\.jpg\s+\/?SegmentationClass\w*\/\1\.png$/;

/**
 * Reads VOC2012 from `VOCdevkit/VOC2012`; the folder given may be that, `VOCdevkit` or its parent.
 * A split is a list in `ImageSets/Segmentation`: `train`, `val`, `trainval` with the labels of
 * `SegmentationClass`, and `train_aug` with those of `SegmentationClassAug` (VOC and SBD merged,
 * 10,582 images). Label 255, the border of objects, is ignored.
 */
export const vocReader: DatasetReader = {
  name: "voc",
  summary: "PASCAL VOC2012, VOCdevkit layout; splits train, val, trainval, train_aug",
  needsDir: true,
  matches: async (dir) => await findVocRoot(dir) !== null,
  async open({ dir, split }): Promise<Dataset> {
    const root = await requireVocRoot(dir);
    const lists = join(root, "ImageSets", "Segmentation");
    const splits = (await readdir(lists)).filter((name) => name.endsWith(".txt")).sort();
    if (!splits.includes(`${split}.txt`)) {
      throw new MissingSplitError(
        `Cannot open split "${split}" of "${root}": there is no such list in ` +
          `ImageSets/Segmentation, available: ${splits.map((s) => s.slice(0, -4)).join(", ")}`,
      );
    }
    const ids = await readList(join(lists, `${split}.txt`), { pattern: TWO_PATHS });
    if (ids.length === 0) {
      throw new MissingSplitError(`Cannot open split "${split}" of "${root}": its list is empty`);
    }
    const imageFolder = join(root, "JPEGImages");
    const labelFolder = join(root, labelFolderOf(split));
    for (const folder of [imageFolder, labelFolder]) {
      if (!(await isFolder(folder))) {
        throw new Error(`Cannot open split "${split}": there is no folder "${folder}"`);
      }
    }
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: [".jpg"] }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      imageFolder,
      labelFolder,
      ids,
      where: `split "${split}" of "${root}"`,
    });
    return pairDataset({ name: "voc", split, classes: VOC_CLASSES, ignoreLabel: 255, pairs });
  },
};

function labelFolderOf(split: string): string {
  return /aug$/.test(split) ? "SegmentationClassAug" : "SegmentationClass";
}

/**
 * The folder that holds `ImageSets/Segmentation`: `dir` itself, `VOC2012` or `VOCdevkit/VOC2012` in
 * it; `null` where none does.
 */
export async function findVocRoot(dir: string | null): Promise<string | null> {
  const candidates = [".", "VOC2012", "VOCdevkit/VOC2012"];
  for (const candidate of dir === null ? [] : candidates) {
    const root = join(dir!, candidate);
    if (await isFolder(join(root, "ImageSets", "Segmentation"))) return root;
  }
  return null;
}

/**
 * The same folder where there must be one.
 *
 * @throws {Error} If there is none.
 */
export async function requireVocRoot(dir: string | null): Promise<string> {
  const root = await findVocRoot(dir);
  if (root !== null) return root;
  throw new Error(
    `Cannot open VOC data in "${dir}": found no VOCdevkit/VOC2012/ImageSets/Segmentation in it`,
  );
}

/**
 * The first `count` colours of VOC's palette as RGB triples: the bits of the index go to the
 * high bits of red, green and blue in turn.
 *
 * @example
 * ```ts
 * import { vocPalette } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...vocPalette(16).subarray(45)], [192, 128, 128]); // 15, person
 * ```
 */
export function vocPalette(count: number): Uint8Array {
  const palette = new Uint8Array(count * 3);
  for (let index = 0; index < count; index++) {
    for (let bit = 7, rest = index; rest > 0; bit--, rest >>= 3) {
      for (let channel = 0; channel < 3; channel++) {
        palette[index * 3 + channel]! |= ((rest >> channel) & 1) << bit;
      }
    }
  }
  return palette;
}
