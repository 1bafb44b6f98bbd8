/**
 * Reader of PASCAL VOC2012 segmentation, as published.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeLabel } from "../codecs/decode.ts";
import { isPng } from "../codecs/png_decode.ts";
import {
  type ClassInfo,
  type Dataset,
  type DatasetReader,
  type LabelMap,
  MissingSplitError,
} from "../dataset.ts";
import { colorEncoding } from "../encodings/color.ts";
import { decodeMask, isSingleValued } from "../encodings/mask_raster.ts";
import { findClasses, isClassesFile } from "../layout/classes_files.ts";
import type { ClassesFile } from "../layout/classes_json.ts";
import { linesOf, readText } from "../layout/read_text.ts";
import { indexFolder, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { vocPalette } from "./voc_palette.ts";

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
  async matches(dir): Promise<boolean> {
    const root = await findVocRoot(dir);
    return root !== null && await isPublished(dir, root);
  },
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
    const list = join(lists, `${split}.txt`);
    const ids = await readList(list, { pattern: TWO_PATHS });
    if (ids.length === 0) {
      throw new MissingSplitError(`Cannot open split "${split}" of "${root}": its list is empty`);
    }
    const imageFolder = join(root, "JPEGImages");
    const labelFolder = join(root, await listedFolder(list) ?? labelFolderOf(split));
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
    const own = await findOwnClasses([root, dir!]);
    const classes = own?.classes ?? VOC_CLASSES;
    return pairDataset({
      name: "voc",
      split,
      classes,
      ignoreLabel: own?.ignore ?? 255,
      pairs,
      decode: (bytes, options) => decodeVoc(bytes, { ...options, classes, own }),
    });
  },
};

/** The colour of objects' borders, where masks are stored as RGB. */
const BORDER: ClassInfo["color"] = [224, 224, 192];

/** Indices, or RGB colours of the classes, as other programs convert VOC's palettes to. */
async function decodeVoc(
  bytes: Uint8Array,
  { file, classes, own }: { file: string; classes: ClassInfo[]; own: ClassesFile | null },
): Promise<LabelMap> {
  const raster = isPng(bytes) ? await decodeMask(bytes, { file }) : null;
  if (raster === null || raster.channels < 3 || isSingleValued(raster)) {
    return decodeLabel(bytes, { file });
  }
  const ignored = [BORDER, ...own?.ignoredColors ?? []];
  const context = { file, classes, ignoreLabel: own?.ignore ?? 255 };
  return colorEncoding.decode(raster, { name: "color", ignored }, context);
}

/** The folder of masks that the second column of a list names; `null` where it has one column. */
async function listedFolder(list: string): Promise<string | null> {
  const named = new Set<string>();
  for (const { line } of linesOf(await readText(list))) {
    const folder = /\s\/?(SegmentationClass\w*)\/[^\s/]+\.png$/.exec(line)?.[1];
    if (folder !== undefined) named.add(folder);
  }
  if (named.size < 2) return [...named][0] ?? null;
  throw new RangeError(
    `Cannot use "${list}": its lines name masks in ${[...named].join(" and in ")}, keep to one`,
  );
}

/** Classes of a file beside the data, which win over VOC's names. */
async function findOwnClasses(folders: readonly string[]): Promise<ClassesFile | null> {
  for (const folder of folders) {
    const found = await findClasses(folder, await readdir(folder));
    if (found === null) continue;
    if (found.ids === null) return found;
    throw new RangeError(
      `Cannot read "${folder}" as voc: ${found.from} gives the classes values of their own; leave ` +
        `out --dataset voc`,
    );
  }
  return null;
}

/** Whether the lists name VOC's images, and no file beside them names other classes. */
async function isPublished(dir: string, root: string): Promise<boolean> {
  for (const folder of new Set([dir, root])) {
    const entries: string[] = await readdir(folder).catch(() => []);
    if (entries.some(isClassesFile)) return false;
  }
  const lists = join(root, "ImageSets", "Segmentation");
  for (const name of (await readdir(lists)).filter((entry) => entry.endsWith(".txt"))) {
    const [first = ""] = await readList(join(lists, name), { pattern: TWO_PATHS }).catch(() => []);
    if (first !== "") return /^\d{4}_\d{6}$/.test(first);
  }
  return false;
}

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
