/**
 * Reader of VOC2012 enlarged by SBD, from the two data sets as published.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type DatasetReader, type LabelMap, MissingSplitError } from "../dataset.ts";
import { decodeLabel } from "../codecs/decode.ts";
import { isPng } from "../codecs/png_decode.ts";
import { indexFolder, isFile, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { decodeSbd, findSbdRoot, indexSbd, readSbdLists } from "./sbd.ts";
import { findVocRoot, requireVocRoot, VOC_CLASSES } from "./voc.ts";

/**
 * Reads a folder that holds both `VOCdevkit/VOC2012` and SBD's `benchmark_RELEASE`. The split
 * `train` is VOC's training set and all of SBD except VOC's validation set: 10,582 images when both
 * are complete. Images of VOC's `trainval` keep VOC's labels with their ignored borders, the others
 * have SBD's. The split `val` is VOC's, 1,449 images.
 */
export const vocAugReader: DatasetReader = {
  name: "voc-aug",
  summary: "VOC2012 and SBD in one folder, merged without val leakage; splits train, val",
  needsDir: true,
  async matches(dir): Promise<boolean> {
    const [voc, sbd] = [await findVocRoot(dir), await findSbd(dir)];
    if (voc === null || sbd === null) return false;
    for (const name of ["train", "val"]) {
      if (!await isFile(listOf(voc, name)) || !await isFile(join(sbd, `${name}.txt`))) return false;
    }
    return true;
  },
  async open({ dir, split }): Promise<Dataset> {
    const voc = await requireVocRoot(dir);
    const sbd = await findSbd(dir!);
    if (sbd === null) {
      throw new Error(
        `Cannot open VOC and SBD in "${dir}": found no benchmark_RELEASE/dataset/cls in it; with ` +
          `SegmentationClassAug at hand use the reader voc and its split train_aug`,
      );
    }
    const train = await readList(listOf(voc, "train"));
    const val = await readList(listOf(voc, "val"));
    const { train: sbdTrain, val: sbdVal } = await readSbdLists(sbd);
    if (sbdTrain === undefined || sbdVal === undefined) {
      throw new Error(
        `Cannot merge VOC and SBD in "${dir}": "${sbd}" must hold both lists, train.txt and val.txt`,
      );
    }
    const splits: Record<string, string[]> = {
      train: mergeIds({ train, val, sbd: [...sbdTrain, ...sbdVal] }),
      val,
    };
    const ids = Object.hasOwn(splits, split) ? splits[split]! : [];
    if (ids.length === 0) {
      throw new MissingSplitError(
        `Cannot open split "${split}" of "${dir}": available: train, val`,
      );
    }
    const sbdFiles = await indexSbd(sbd);
    const imageFolder = join(voc, "JPEGImages");
    const labelFolder = join(voc, "SegmentationClass");
    const vocLabels = await indexFolder(labelFolder, { extensions: [".png"] });
    const vocImages = await isFolder(imageFolder)
      ? await indexFolder(imageFolder, { extensions: [".jpg"] })
      : [];
    const pairs = matchPairs({
      images: new Map([...sbdFiles.images, ...vocImages]),
      labels: new Map([...sbdFiles.labels, ...vocLabels]),
      ids,
      imageFolder,
      labelFolder: `${labelFolder}" or "${sbdFiles.labelFolder}`,
      where: `split "${split}" of "${dir}"`,
    });
    const shared = { name: "voc-aug", split, classes: VOC_CLASSES, ignoreLabel: 255 };
    return pairDataset({ ...shared, pairs, decode: decodeEither });
  },
};

/** The training ids: VOC's and SBD's without VOC's validation set, sorted. */
export function mergeIds(lists: { train: string[]; val: string[]; sbd: string[] }): string[] {
  const held = new Set(lists.val);
  return [...new Set([...lists.train, ...lists.sbd])].filter((id) => !held.has(id)).sort();
}

function decodeEither(bytes: Uint8Array, options: { file: string }): LabelMap {
  return isPng(bytes) || options.file.endsWith(".png")
    ? decodeLabel(bytes, options)
    : decodeSbd(bytes, options);
}

function listOf(voc: string, name: string): string {
  return join(voc, "ImageSets", "Segmentation", `${name}.txt`);
}

/** SBD's root in the folder itself or in any folder directly below it, or `null`. */
async function findSbd(dir: string): Promise<string | null> {
  const below = (await readdir(dir).catch(() => [])).sort().map((name) => join(dir, name));
  for (const place of [dir, ...below]) {
    const root = await findSbdRoot(place);
    if (root !== null) return root;
  }
  return null;
}
