/**
 * Reader of Ultralytics' segmentation data sets.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { extname, isAbsolute, join, posix, relative } from "node:path";
import { parse } from "yaml";
import { printable } from "../../util/format.ts";
import { isPlainName } from "../../util/user_paths.ts";
import {
  type AnnotatedImage,
  type NamedShape,
  openAnnotated,
  type PictureSize,
  readingOf,
} from "../annotations/annotated_dataset.ts";
import { isRecord, textOf, wholeOf } from "../annotations/parse_json.ts";
import { MAX_VERTICES, ringOf, shapeArea, vertexCount } from "../annotations/rasterize.ts";
import { readHead } from "../annotations/read_head.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { type Dataset, type DatasetReader, MissingSplitError, requireSplit } from "../dataset.ts";
import { isFile, isFolder, listImages, namesBelow } from "./listing.ts";

/** Keys of `data.yaml` that name the places of a split. */
const SPLITS: Readonly<Record<string, readonly string[]>> = {
  train: ["train"],
  val: ["val", "valid"],
  test: ["test"],
};
/** How far coordinates may lie outside of the picture by rounding. */
const SLACK = 0.01;

/**
 * Reads `data.yaml` and, for each `images/…/NAME.jpg`, the polygons of `labels/…/NAME.txt`: a class and
 * the corners as shares of width and height. Polygons are painted from the largest to the smallest, as
 * Ultralytics does; a picture without a file is background. Without a YAML file, `classes.txt` names
 * the classes and `images/` and `labels/` hold all, as Label Studio exports it.
 */
export const yoloReader: DatasetReader = {
  name: "yolo",
  summary: "YOLO segmentation: data.yaml, images/ and labels/ with polygons in .txt",
  needsDir: true,
  matches: async (dir) => await findYaml(dir) !== null || await findNames(dir) !== null,
  async open({ dir, split, hints }): Promise<Dataset> {
    const found = await readYaml(dir ?? "") ?? await readNames(dir ?? "");
    if (found === null) {
      throw new MissingSplitError(
        `Cannot open YOLO data in "${dir}": found no data.yaml with names and splits in it, nor ` +
          `classes.txt beside images and labels`,
      );
    }
    const { file, names, base, places } = found;
    const splits: Record<string, AnnotatedImage[]> = {};
    for (const [own, given] of Object.entries(places)) {
      splits[own] = await imagesOf(given, { dir: dir!, file, base, split: own, names });
    }
    if (splits.val !== undefined) requireSplit(splits, { split, where: `"${dir}"` });
    const images = Object.values(splits).flat();
    const classes = names.map((name) => ({ name }));
    return await openAnnotated({ name: "yolo", split, where: dir!, images, classes, hints });
  },
};

/** The YAML file of a folder that names classes and splits; one whose labels are masks is none. */
async function findYaml(dir: string): Promise<string | null> {
  const names = (await readdir(dir).catch(() => [])).filter((name) =>
    /^[^.].*\.ya?ml$/i.test(name)
  );
  for (const name of names.sort((a, b) => a === "data.yaml" ? -1 : b === "data.yaml" ? 1 : 0)) {
    const text = await readHead(join(dir, name));
    if (!/^names\s*:/m.test(text) || /^masks_dir\s*:/m.test(text)) continue;
    if (/^(train|val|valid|test)\s*:/m.test(text)) return join(dir, name);
  }
  return null;
}

/** What is known of a data set before its pictures are listed. */
interface YoloContent {
  file: string;
  names: string[];
  /** What the places are below, as the file says. */
  base: string;
  /** Folders, lists or several of them, by split. */
  places: Record<string, unknown>;
}

async function readYaml(dir: string): Promise<YoloContent | null> {
  const file = await findYaml(dir);
  if (file === null) return null;
  const text = new TextDecoder().decode(await readBytes(file));
  return readingOf(file, () => {
    let content: unknown;
    try {
      content = parse(text, { maxAliasCount: 0, logLevel: "error" });
    } catch (error) {
      throw new RangeError(`not YAML (${printable((error as Error).message).slice(0, 200)})`);
    }
    if (!isRecord(content)) throw new RangeError("it holds no keys");
    const places: Record<string, unknown> = {};
    for (const [split, keys] of Object.entries(SPLITS)) {
      const given = keys.map((key) => content[key])
        .find((value) => value !== undefined && value !== null && value !== "");
      if (given !== undefined) places[split] = given;
    }
    const base = typeof content.path === "string" ? content.path : "";
    return { file, names: namesOf(content), base, places };
  });
}

/** The list of classes that Label Studio exports in place of a YAML file. */
async function findNames(dir: string): Promise<string | null> {
  const file = join(dir, "classes.txt");
  const labels = join(dir, "labels");
  if (!(await isFile(file)) || !(await isFolder(join(dir, "images")))) return null;
  const names = await namesBelow(labels).catch(() => []);
  return names.some((name) => /\.txt$/i.test(name)) ? file : null;
}

async function readNames(dir: string): Promise<YoloContent | null> {
  const file = await findNames(dir);
  if (file === null) return null;
  const text = new TextDecoder().decode(await readBytes(file)).replace(/^\ufeff/, "");
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim()).filter((line) => line !== "");
  const places: Record<string, unknown> = {};
  for (const name of await readdir(join(dir, "images"))) {
    const split = splitNameIn(name);
    if (split !== null && await isFolder(join(dir, "images", name))) {
      places[split] = `images/${name}`;
    }
  }
  if (Object.keys(places).length === 0) places.train = "images";
  const names = readingOf(file, () => lines.map((line, i) => textOf(line, `line ${i + 1}`)));
  return { file, names, base: "", places };
}

/** Class names by number: a list, or a map from each number to its name. */
function namesOf({ names }: { names?: unknown }): string[] {
  if (Array.isArray(names)) return names.map((name, i) => textOf(name, `names[${i}]`));
  if (!isRecord(names)) throw new RangeError("names is neither a list nor a map");
  const entries = Object.entries(names).map(([key, name]): [number, string] => [
    wholeOf(Number(key), "a key of names"),
    textOf(name, `names.${printable(key)}`),
  ]);
  entries.sort(([a], [b]) => a - b);
  const gap = entries.findIndex(([key], i) => key !== i);
  if (gap >= 0) throw new RangeError(`names has no class ${gap}`);
  return entries.map(([, name]) => name);
}

interface SplitPlace {
  dir: string;
  file: string;
  base: string;
  split: string;
  names: readonly string[];
}

/** Pictures of a split: of a folder, of a list, or of several. */
async function imagesOf(given: unknown, place: SplitPlace): Promise<AnnotatedImage[]> {
  const { dir, file, base, split, names } = place;
  const images: AnnotatedImage[] = [];
  for (const value of Array.isArray(given) ? given : [given]) {
    const path = readingOf(file, () => textOf(value, split));
    const found = await resolveInside(dir, `${base}/${path}`);
    if (found === null) {
      throw new Error(
        `Cannot open split "${split}" of "${file}": there is no "${path}" in "${dir}"`,
      );
    }
    const paths = await isFolder(found) ? await listImages(found) : await listed(found, dir);
    for (const image of paths) {
      const below = relative(dir, image).replaceAll("\\", "/");
      const label = join(dir, labelPath(below));
      images.push({
        id: idOf(below, split),
        image,
        // A picture without objects may have no file of its own
        annotations: await isFile(label) ? label : file,
        size: null,
        split,
        shapes: (size) => shapesOf(label, { size, names }),
      });
    }
  }
  return images;
}

/** A path as `data.yaml` has it, looked for below the folder without what leads out of it. */
async function resolveInside(dir: string, path: string): Promise<string | null> {
  const parts = path.replaceAll("\\", "/").split("/")
    .filter((part) => part !== "" && part !== "." && part !== "..");
  for (let from = 0; from < parts.length; from++) {
    const name = parts.slice(from).join("/");
    if (!isPlainName(name)) continue;
    const candidate = join(dir, name);
    if (await isFolder(candidate) || await isFile(candidate)) return candidate;
  }
  return null;
}

async function listed(list: string, dir: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readBytes(list));
  const paths: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/).map((one) => one.trim())) {
    if (line === "") continue;
    const found = await resolveInside(dir, line);
    if (found === null || isAbsolute(relative(dir, found))) {
      throw new Error(`Cannot use "${list}": there is no "${printable(line)}" in "${dir}"`);
    }
    paths.push(found);
  }
  return paths;
}

/** As Ultralytics finds it: the last `images` of the path becomes `labels`. */
function labelPath(image: string): string {
  const parts = image.split("/");
  const at = parts.lastIndexOf("images");
  if (at >= 0) parts[at] = "labels";
  const path = parts.join("/");
  return `${path.slice(0, path.length - extname(path).length)}.txt`;
}

/** The path below `images/SPLIT` or `SPLIT/images`. */
function idOf(image: string, split: string): string {
  const parts = image.slice(0, image.length - extname(image).length).split("/");
  const at = parts.lastIndexOf("images");
  const below = at >= 0 ? parts.slice(at + 1) : parts;
  if (below.length > 1 && (below[0] === split || at < 0)) below.shift();
  return posix.join(...below);
}

async function shapesOf(
  file: string,
  { size: [width, height], names }: { size: PictureSize; names: readonly string[] },
): Promise<NamedShape[]> {
  if (!(await isFile(file))) return [];
  const text = new TextDecoder().decode(await readBytes(file));
  return readingOf(file, () => {
    let vertices = 0;
    const shapes = text.split(/\r\n|\n|\r/).flatMap((raw, i) => {
      const line = raw.trim();
      if (line === "") return [];
      try {
        const [index, ...values] = line.split(/\s+/).map(Number);
        const shape = polygonOf(values, [width, height]);
        vertices += vertexCount(shape);
        if (vertices > MAX_VERTICES) throw new RangeError(`more than ${MAX_VERTICES} vertices`);
        const name = names[wholeOf(index, "its class")];
        if (name === undefined) {
          throw new RangeError(`its class is ${index}, data.yaml names ${names.length}`);
        }
        return [{ shape, name, area: shapeArea(shape) }];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new RangeError(`line ${i + 1}: ${error.message}`);
      }
    });
    return shapes.sort((a, b) => b.area - a.area).map(({ shape, name }) => ({ shape, name }));
  });
}

function polygonOf(values: readonly number[], size: PictureSize): { rings: [ArrayLike<number>] } {
  if (values.length === 4) {
    throw new RangeError("it is a box of 4 numbers, which do not say which pixels are meant");
  }
  const wrong = values.find((value) => !(value >= -SLACK && value <= 1 + SLACK));
  if (wrong !== undefined) {
    throw new RangeError(`its coordinate ${wrong} is no share of width or height, 0 to 1`);
  }
  return { rings: [ringOf(values, size)] };
}
