/**
 * Reader of a person's own data: a folder of images, a folder of labels, a file of class names.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset, DatasetReader } from "../dataset.ts";
import { readClassesFile } from "./classes_file.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFile, isFolder, readList } from "./listing.ts";
import { matchPairs } from "./match_pairs.ts";
import { pairDataset } from "./pair_dataset.ts";

/**
 * Reads `classes.json`, JPEG or PNG images and PNG labels (grey or palette, pixel = class index)
 * that share their names. A split is one of
 *
 * - folders of its own: `train/images/`, `train/labels/`; a `train.txt` beside `train/` limits and
 *   orders it;
 * - subfolders: `images/train/`, `labels/train/`;
 * - a list of names, `train.txt`, beside `images/` and `labels/`.
 *
 * Names may lie in further subfolders. `classes.json` is
 * `{"classes": [{"name": "road", "color": [128, 64, 128]}, …], "ignore": 255}`, where classes stand
 * in index order and `ignore` is the label value to leave out.
 */
export const folderReader: DatasetReader = {
  name: "folder",
  summary: "images/, labels/ and classes.json; splits as folders or as lists of names",
  needsDir: true,
  async open({ dir, split }): Promise<Dataset> {
    if (dir === null || !(await isFolder(dir))) {
      throw new Error(`Cannot open data set folder "${dir}": there is no such folder`);
    }
    const { classes, ignoreLabel } = await readClassesFile(join(dir, "classes.json"));
    const splits = await findSplits(dir);
    const found = splits.get(split);
    if (!found) {
      throw new RangeError(
        `Cannot open split "${split}" of "${dir}": ` +
          (splits.size > 0
            ? `there is none of that name, available: ${[...splits.keys()].join(", ")}`
            : `expected ${split}/images and ${split}/labels, or images, labels and ${split}.txt`),
      );
    }
    const [imageFolder, labelFolder] = [found.images, found.labels];
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: IMAGE_EXTENSIONS }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${dir}"`,
      ...(found.list && { ids: await readList(found.list) }),
    });
    if (pairs.length === 0) {
      const others = [...splits.keys()].filter((name) => name !== split);
      throw new RangeError(
        `Cannot open split "${split}" of "${dir}": it is empty` +
          (others.length > 0 ? `, other splits: ${others.join(", ")}` : ""),
      );
    }
    return pairDataset({ name: "folder", split, classes, ignoreLabel, pairs });
  },
};

interface SplitPlace {
  images: string;
  labels: string;
  list?: string;
}

async function findSplits(dir: string): Promise<Map<string, SplitPlace>> {
  const splits = new Map<string, SplitPlace>();
  const entries = (await readdir(dir)).sort();
  const images = join(dir, "images");
  const labels = join(dir, "labels");
  for (const name of entries) {
    const own = { images: join(dir, name, "images"), labels: join(dir, name, "labels") };
    if (!(await isFolder(own.images)) || !(await isFolder(own.labels))) continue;
    const list = join(dir, `${name}.txt`);
    splits.set(name, await isFile(list) ? { ...own, list } : own);
  }
  if (!(await isFolder(images)) || !(await isFolder(labels))) return splits;
  for (const name of (await readdir(images)).sort()) {
    const own = { images: join(images, name), labels: join(labels, name) };
    if (await isFolder(own.images) && await isFolder(own.labels)) splits.set(name, own);
  }
  for (const name of entries) {
    if (!name.endsWith(".txt") || /^readme/i.test(name)) continue;
    splits.set(name.slice(0, -4), { images, labels, list: join(dir, name) });
  }
  return splits;
}
