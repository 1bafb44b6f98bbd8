/**
 * Reader of your own data: a folder of images, a folder of labels, a file of class names.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../util/format.ts";
import { requireDistinct } from "../class_order.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { type ClassInfo, type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFile, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";
import { vocPalette } from "./voc.ts";

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
  matches: (dir) => isFile(join(dir, "classes.json")),
  async open({ dir, split }): Promise<Dataset> {
    if (dir === null || !(await isFolder(dir))) {
      throw new Error(`Cannot open data set folder "${dir}": there is no such folder`);
    }
    const { classes, ignoreLabel } = await readClassesFile(join(dir, "classes.json"));
    const splits = await findSplits(dir);
    const found = splits.get(split);
    if (!found) {
      throw new MissingSplitError(
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
      throw new MissingSplitError(
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

/** Content of a `classes.json`. */
export interface ClassesFile {
  classes: ClassInfo[];
  ignoreLabel: number;
}

const EXAMPLE = `{"classes": [{"name": "road", "color": [128, 64, 128]}], "ignore": 255}`;

/**
 * Reads a classes file: `{classes: [{name, color}], ignore}`. Also taken: names as plain strings
 * with colours apart in `colors` or `colours` (VOC's palette where there are none), and the ignore
 * label as `ignore_index` or `ignoreLabel`; it is 255 where the file has none.
 *
 * @throws {Error} If the file is missing.
 * @throws {SyntaxError} If it is no JSON.
 * @throws {TypeError} If a value has the wrong shape; names the key.
 * @throws {ClassMismatchError} If two classes have one name.
 */
export async function readClassesFile(file: string): Promise<ClassesFile> {
  const bytes = await readBytes(file).catch((error: Error) => {
    throw new Error(`${error.message}, write one that begins like ${EXAMPLE}`, { cause: error });
  });
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new SyntaxError(
      `Cannot read "${file}": not JSON (${printable((error as Error).message)})`,
    );
  }
  const fail = (key: string, expected: string): never => {
    throw new TypeError(`Cannot use "${file}": ${key} must be ${expected}, as in ${EXAMPLE}`);
  };
  if (!isRecord(content)) return fail("the content", "an object");
  const { classes, colors, colours, ignore, ignore_index, ignoreLabel } = content;
  if (!Array.isArray(classes) || classes.length < 1 || classes.length > 255) {
    return fail("classes", "an array of 1 to 255 classes");
  }
  const apart = colors ?? colours ?? [];
  if (!Array.isArray(apart)) return fail("colors", "an array of [red, green, blue]");
  const palette = vocPalette(256);
  const read = classes.map((entry: unknown, i): ClassInfo => {
    const name = isRecord(entry) ? entry.name : entry;
    const color = (isRecord(entry) ? entry.color ?? entry.colour : undefined) ?? apart[i] ??
      [...palette.subarray(i * 3, i * 3 + 3)];
    if (typeof name !== "string" || name === "" || printable(name) !== name) {
      return fail(`classes[${i}]`, "named, without control characters");
    }
    if (!isColor(color)) return fail(`the colour of classes[${i}]`, "three integers in 0..255");
    return { name, color };
  });
  requireDistinct(read.map(({ name }) => name), `"${file}"`);
  const value = ignore ?? ignore_index ?? ignoreLabel ?? 255;
  if (!isByte(value)) return fail("ignore", "an integer in 0..255");
  return { classes: read, ignoreLabel: value };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function isColor(value: unknown): value is ClassInfo["color"] {
  return Array.isArray(value) && value.length === 3 && value.every(isByte);
}
