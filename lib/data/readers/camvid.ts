/**
 * Reader of CamVid as it comes with SegNet: 11 classes, 480×360.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isClassesFile } from "../layout/classes_files.ts";
import {
  type ClassInfo,
  type Dataset,
  type DatasetReader,
  MissingSplitError,
  requireSplit,
} from "../dataset.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFolder } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";

/** The 11 classes of CamVid (SegNet's grouping) in index order; 11 is void. */
export const CAMVID_CLASSES: ClassInfo[] = [
  { name: "Sky", color: [128, 128, 128] },
  { name: "Building", color: [128, 0, 0] },
  { name: "Pole", color: [192, 192, 128] },
  { name: "Road", color: [128, 64, 128] },
  { name: "Pavement", color: [60, 40, 222] },
  { name: "Tree", color: [128, 128, 0] },
  { name: "SignSymbol", color: [192, 128, 128] },
  { name: "Fence", color: [64, 64, 128] },
  { name: "Car", color: [64, 0, 128] },
  { name: "Pedestrian", color: [64, 64, 0] },
  { name: "Bicyclist", color: [0, 128, 192] },
];

/**
 * Reads `train/`, `val/`, `test/` with images and `trainannot/`, `valannot/`, `testannot/` with grey
 * labels of the same names (367, 101 and 233 pairs); the folder given may be that or its parent.
 * Label 11, void, is ignored.
 */
export const camvidReader: DatasetReader = {
  name: "camvid",
  summary: "CamVid in SegNet's layout, 11 classes; splits train, val, test",
  needsDir: true,
  async matches(dir): Promise<boolean> {
    const root = await findRoot(dir);
    return root !== null && await isPublished(root);
  },
  async open({ dir, split }): Promise<Dataset> {
    const root = await findRoot(dir);
    if (root === null) {
      throw new Error(
        `Cannot open CamVid data in "${dir}": found no folder trainannot, valannot or testannot ` +
          `in it`,
      );
    }
    const splits: Record<string, string[]> = {};
    for (const name of ["train", "val", "test"]) {
      if (await isFolder(join(root, name)) && await isFolder(join(root, `${name}annot`))) {
        splits[name] = [name];
      }
    }
    requireSplit(splits, { split, where: `"${root}"` });
    const imageFolder = join(root, split);
    const labelFolder = join(root, `${split}annot`);
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: IMAGE_EXTENSIONS }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${root}"`,
    });
    if (pairs.length === 0) {
      throw new MissingSplitError(`Cannot open split "${split}" of "${root}": it is empty`);
    }
    return pairDataset({ name: "camvid", split, classes: CAMVID_CLASSES, ignoreLabel: 11, pairs });
  },
};

/** Whether the frames have CamVid's names, and no file beside them names other classes. */
async function isPublished(root: string): Promise<boolean> {
  if ((await readdir(root)).some(isClassesFile)) return false;
  for (const split of ["train", "val", "test"]) {
    const names: string[] = await readdir(join(root, `${split}annot`)).catch(() => []);
    if (names.length > 0) {
      return names.some((name) => /^(0001TP|0006R0|0016E5|Seq05VD)_/.test(name));
    }
  }
  return false;
}

async function findRoot(dir: string | null): Promise<string | null> {
  for (const candidate of dir === null ? [] : [".", "CamVid"]) {
    const root = join(dir!, candidate);
    for (const split of ["train", "val", "test"]) {
      if (await isFolder(join(root, `${split}annot`))) return root;
    }
  }
  return null;
}
