/**
 * Reader of Mapillary Vistas (Neuhold et al., ICCV 2017), as published.
 *
 * @module
 */
import { join } from "node:path";
import { readingOf } from "../annotations/annotated_dataset.ts";
import { IGNORE } from "../annotations/annotation_classes.ts";
import { classRole } from "../annotations/class_role.ts";
import { arrayOf, isRecord, readJsonRecord, textOf } from "../annotations/parse_json.ts";
import { type ClassInfo, type Dataset, type DatasetReader, requireSplit } from "../dataset.ts";
import { indexFolder, isFile, isFolder } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { tableDecoder } from "./published_labels.ts";

const FOLDERS: Readonly<Record<string, string>> = { train: "training", val: "validation" };
/** Where labels and the list of classes are: of version 1.2, also in a folder of its own, and 2.0. */
const VERSIONS = [
  { labels: "labels", config: "config.json" },
  { labels: "v1.2/labels", config: "config_v1.2.json" },
  { labels: "v2.0/labels", config: "config_v2.0.json" },
];

/**
 * Reads `training/images/NAME.jpg` and `training/labels/NAME.png`, or those of `v1.2` where both
 * versions are there, else of `v2.0`; `validation` alike (18,000 and 2,000 pairs). The classes are
 * those of `config.json`, whose place is the label's value; "Unlabeled" is ignored (255).
 */
export const mapillaryReader: DatasetReader = {
  name: "mapillary",
  summary: "Mapillary Vistas 1.2 or 2.0, classes from its config file; splits train, val",
  needsDir: true,
  matches: async (dir) => await findVersion(dir) !== null,
  async open({ dir, split }): Promise<Dataset> {
    const version = await findVersion(dir ?? "");
    if (dir === null || version === null) {
      throw new Error(
        `Cannot open Mapillary Vistas data in "${dir}": found no config.json with training/labels`,
      );
    }
    const splits: Record<string, string[]> = {};
    for (const [name, folder] of Object.entries(FOLDERS)) {
      if (await isFolder(join(dir, folder, version.labels))) splits[name] = [folder];
    }
    const [folder] = requireSplit(splits, { split, where: `"${dir}"` });
    const imageFolder = join(dir, folder!, "images");
    const labelFolder = join(dir, folder!, version.labels);
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: [".jpg"] }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${dir}"`,
    });
    const { classes, values } = await readClasses(join(dir, version.config));
    const decode = tableDecoder(values, `the ${values.size} values of ${version.config}`);
    return pairDataset({ name: "mapillary", split, classes, ignoreLabel: IGNORE, pairs, decode });
  },
};

async function findVersion(dir: string): Promise<(typeof VERSIONS)[number] | null> {
  for (const version of VERSIONS) {
    if (!(await isFile(join(dir, version.config)))) continue;
    for (const folder of Object.values(FOLDERS)) {
      const isThere = await isFolder(join(dir, folder, version.labels));
      if (isThere && await isFolder(join(dir, folder, "images"))) return version;
    }
  }
  return null;
}

async function readClasses(
  file: string,
): Promise<{ classes: ClassInfo[]; values: Map<number, number> }> {
  const content = await readJsonRecord(file);
  return readingOf(file, () => {
    const classes: ClassInfo[] = [];
    const values = new Map<number, number>();
    for (const [i, label] of arrayOf(content.labels, "labels").entries()) {
      if (!isRecord(label)) throw new RangeError(`labels[${i}] is no object`);
      const name = textOf(label.readable ?? label.name, `the name of labels[${i}]`);
      const color = arrayOf(label.color, "color").map(Number);
      if (color.length !== 3 || !color.every((level) => level >= 0 && level <= 255)) {
        throw new RangeError(`the color of labels[${i}] is not three levels of 0 to 255`);
      }
      if (classRole(name) === "ignore") values.set(i, IGNORE);
      else values.set(i, classes.push({ name, color: color as ClassInfo["color"] }) - 1);
    }
    if (classes.length < 1 || values.size > 255) {
      throw new RangeError(`it lists ${values.size} labels, must be 1 to 255`);
    }
    return { classes, values };
  });
}
