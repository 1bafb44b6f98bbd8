/**
 * Reader of your own data: pictures and label files, as they lie in a folder.
 *
 * @module
 */
import type { Dataset, DatasetReader } from "../dataset.ts";
import { openLayout } from "../layout/open_layout.ts";
import { looksLikePairs, recognizeFolder } from "../layout/recognize_folder.ts";
import { isFolder } from "./listing.ts";

/**
 * Reads images and label files by an explicit layout, which is found out where none is given: splits
 * as folders of their own, as subfolders of images and labels, as lists, or drawn; masks beside or
 * apart from images; classes from `classes.json`, `class_dict.csv`, `labelmap.txt`, `_classes.csv`,
 * `label_colors.txt`, a list of names, or by their values.
 */
export const folderReader: DatasetReader = {
  name: "folder",
  summary: "images and label files in folders, by names; splits as folders or lists, or drawn",
  needsDir: true,
  matches: (dir) => looksLikePairs(dir),
  async open({ dir, split, layout, hints = {} }): Promise<Dataset> {
    if (dir === null || !(await isFolder(dir))) {
      throw new Error(`Cannot open data set folder "${dir}": there is no such folder`);
    }
    return await openLayout(dir, split, layout ?? (await recognizeFolder(dir, hints)).layout);
  },
};
