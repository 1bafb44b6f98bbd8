/**
 * Reader of CVAT's "CVAT for images 1.1".
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openAnnotated } from "../annotations/annotated_dataset.ts";
import { annotationsOfCvat, looksLikeCvat, readCvatFile } from "../annotations/cvat_file.ts";
import type { AnnotatedImage } from "../annotations/annotated_dataset.ts";
import type { NamedClass } from "../annotations/annotation_classes.ts";
import { ImageFinder } from "../annotations/find_image.ts";
import { parseOnce } from "../annotations/parse_once.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { isFolder } from "./listing.ts";

/**
 * Reads `annotations.xml` with its pictures anywhere in the folder. Polygons, boxes, ellipses and masks
 * are painted by `z_order`, equal ones in the order of the file, as CVAT itself exports masks. Splits
 * are the tasks' subsets, or folders called after splits. Classes stand in the order of the labels.
 */
export const cvatReader: DatasetReader = {
  name: "cvat",
  summary: "CVAT for images 1.1: annotations.xml with polygons, boxes, ellipses and masks",
  needsDir: true,
  matches: async (dir) => (await findCvatFiles(dir)).length > 0,
  async open({ dir, split, hints }): Promise<Dataset> {
    const files = await findCvatFiles(dir ?? "");
    if (files.length === 0) {
      throw new MissingSplitError(
        `Cannot open CVAT data in "${dir}": found no annotations.xml in it`,
      );
    }
    const finder = await ImageFinder.below(dir!);
    const images: AnnotatedImage[] = [];
    const classes = new Map<string, NamedClass>();
    for (const { path, folder } of files) {
      const content = await parseOnce(`cvat ${path}`, [path], () => readCvatFile(path));
      for (const label of content.labels) {
        if (!classes.has(label.name)) classes.set(label.name, label);
      }
      const place = { path, folder, split: splitNameIn(folder), finder };
      images.push(...annotationsOfCvat(content, place));
    }
    const named = [...classes.values()];
    return await openAnnotated({ name: "cvat", split, where: dir!, images, classes: named, hints });
  },
};

async function findCvatFiles(dir: string): Promise<{ path: string; folder: string }[]> {
  const namesIn = async (folder: string): Promise<string[]> =>
    (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith(".")).sort();
  const folders = ["."];
  for (const name of await namesIn(dir)) {
    if (name === "annotations" || splitNameIn(name) !== null) {
      if (await isFolder(join(dir, name))) folders.push(name);
    }
  }
  const found: { path: string; folder: string }[] = [];
  for (const folder of folders) {
    for (const name of await namesIn(join(dir, folder))) {
      if (!/\.xml$/i.test(name)) continue;
      const path = join(dir, folder, name);
      if (await looksLikeCvat(path)) found.push({ path, folder });
    }
  }
  return found;
}
