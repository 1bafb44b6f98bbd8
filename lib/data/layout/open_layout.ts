/**
 * The one reader of folders whose layout is known.
 *
 * @module
 */
import { join } from "node:path";
import { type ClassInfo, DamagedFileError, type Dataset } from "../dataset.ts";
import { decodeMask, placeOf } from "../encodings/mask_raster.ts";
import { labelEncodings } from "../encodings/registry.ts";
import { pairDataset } from "../readers/pair_dataset.ts";
import { isFile } from "../readers/listing.ts";
import { readClassesFile } from "./classes_json.ts";
import type { FolderLayout } from "./folder_layout.ts";
import { listTree, splitName } from "./image_tree.ts";
import { requireEncoding } from "./layout_schema.ts";
import { pairsOf } from "./pairs_of.ts";

/**
 * Opens a split of a folder by its layout; nothing is found out anew.
 *
 * @throws {MissingSplitError} If the split does not exist or is empty.
 * @throws {RangeError} If the layout names no encoding that there is, or two files have one name.
 */
export async function openLayout(
  dir: string,
  split: string,
  layout: FolderLayout,
): Promise<Dataset> {
  const { splits, encoding, ignore } = layout;
  const classes = await classesNow(dir, layout);
  requireEncoding(encoding);
  const { pictures } = await listTree(dir);
  const own = Object.hasOwn(splits, split) ? split : splitName(split);
  const pairs = await pairsOf({ dir, pictures, splits }, Object.hasOwn(splits, own) ? own : split);
  const ignoreLabel = ignore ?? 255;
  const { decode } = labelEncodings.get(encoding.name);
  const dataset = pairDataset({
    name: "folder",
    split,
    classes,
    ignoreLabel,
    pairs,
    async decode(bytes, { file }) {
      const raster = await decodeMask(bytes, { file });
      const label = decode(raster, encoding, { file, classes, ignoreLabel });
      const at = ignore === null && encoding.name === "index" ? label.data.indexOf(255) : -1;
      if (at < 0) return label;
      throw new DamagedFileError(
        `Cannot use label "${file}": value 255 at ${placeOf(at, label)} is no class, and no ` +
          `value is left out`,
      );
    },
  });
  return { ...dataset, layout };
}

/**
 * The classes as the folder's classes.json has them today: the data may have moved to where they stand in
 * another order, and the values of label files follow the order there.
 */
async function classesNow(
  dir: string,
  { classes, namesFrom, encoding }: FolderLayout,
): Promise<FolderLayout["classes"]> {
  const file = join(dir, "classes.json");
  if (encoding.name !== "index" || !namesFrom.includes("classes.json") || !await isFile(file)) {
    return classes;
  }
  const found: ClassInfo[] = (await readClassesFile(file)).classes;
  const differs = found.length !== classes.length ||
    found.some(({ name }, i) => name !== classes[i]!.name);
  return differs ? found : classes;
}
