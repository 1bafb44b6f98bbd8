/**
 * Reader of the Semantic Boundaries Dataset (Hariharan et al., ICCV 2011), as published.
 *
 * @module
 */
import { join } from "node:path";
import {
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type LabelMap,
  requireSplit,
} from "../dataset.ts";
import { type MatValue, readMat } from "../codecs/mat.ts";
import { indexFolder, isFile, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { VOC_CLASSES } from "./voc.ts";

/**
 * Reads SBD from `benchmark_RELEASE/dataset`; the folder given may be that, `benchmark_RELEASE` or
 * its parent. Splits are the lists `train.txt` (8,498 images) and `val.txt` (2,857). Labels come
 * from `GTcls.Segmentation` of `cls/NAME.mat`; no pixel is ignored. Many of its training images are
 * in VOC2012's validation set: use the reader `voc-aug` to train on both.
 */
export const sbdReader: DatasetReader = {
  name: "sbd",
  summary: "Semantic Boundaries Dataset, benchmark_RELEASE layout; splits train, val",
  needsDir: true,
  matches: async (dir) => await findSbdRoot(dir) !== null,
  async open({ dir, split }): Promise<Dataset> {
    const root = await findSbdRoot(dir);
    if (root === null) {
      throw new Error(
        `Cannot open SBD data in "${dir}": found no benchmark_RELEASE/dataset/cls in it`,
      );
    }
    const lists = await readSbdLists(root);
    const ids = requireSplit(lists, { split, where: `"${root}"` });
    const { images, labels, ...folders } = await indexSbd(root);
    const pairs = matchPairs({ images, labels, ids, ...folders, where: `split "${split}"` });
    const classes = VOC_CLASSES;
    return pairDataset({ name: "sbd", split, classes, ignoreLabel: 255, pairs, decode: decodeSbd });
  },
};

/** The folder of SBD that holds `cls/`, or `null`. */
export async function findSbdRoot(dir: string | null): Promise<string | null> {
  for (const candidate of dir === null ? [] : [".", "dataset", "benchmark_RELEASE/dataset"]) {
    const root = join(dir!, candidate);
    if (await isFolder(join(root, "cls"))) return root;
  }
  return null;
}

/** The names in SBD's two lists. */
export async function readSbdLists(root: string): Promise<Record<string, string[]>> {
  const lists: Record<string, string[]> = {};
  for (const split of ["train", "val"]) {
    const file = join(root, `${split}.txt`);
    if (await isFile(file)) lists[split] = await readList(file);
  }
  return lists;
}

/** Where SBD's files lie. */
export interface SbdFiles {
  images: Map<string, string>;
  labels: Map<string, string>;
  imageFolder: string;
  labelFolder: string;
}

/** Finds SBD's images and labels. */
export async function indexSbd(root: string): Promise<SbdFiles> {
  const [imageFolder, labelFolder] = [join(root, "img"), join(root, "cls")];
  const images = await isFolder(imageFolder)
    ? await indexFolder(imageFolder, { extensions: [".jpg"] })
    : new Map<string, string>();
  const labels = await indexFolder(labelFolder, { extensions: [".mat"] });
  return { images, labels, imageFolder, labelFolder };
}

/**
 * Decodes a label of SBD.
 *
 * @throws {DamagedFileError} If the file is damaged or holds no `GTcls.Segmentation`.
 */
export function decodeSbd(bytes: Uint8Array, { file }: { file: string }): LabelMap {
  const truth = readMat(bytes, { file }).get("GTcls");
  const map: MatValue | undefined = truth?.kind === "struct"
    ? truth.elements[0]?.Segmentation
    : undefined;
  if (map?.kind !== "numbers" || map.dims.length !== 2) {
    throw new DamagedFileError(
      `Cannot read labels from "${file}": it has no matrix GTcls.Segmentation`,
    );
  }
  const [height, width] = map.dims as [number, number];
  const data = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = map.data[x * height + y]!;
      if (!(value >= 0 && value <= 255 && Number.isInteger(value))) {
        throw new DamagedFileError(
          `Cannot read labels from "${file}": ${value} at column ${x}, row ${y} is no class index`,
        );
      }
      data[at++] = value;
    }
  }
  return { width, height, data };
}
