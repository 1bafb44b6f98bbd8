/**
 * Reader of Supervisely's projects.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { inflateSync } from "node:zlib";
import { printable } from "../../util/format.ts";
import {
  type AnnotatedImage,
  type NamedShape,
  openAnnotated,
  pictureSize,
  readingOf,
} from "../annotations/annotated_dataset.ts";
import { hexColor, type NamedClass } from "../annotations/annotation_classes.ts";
import { maskOfPng } from "../annotations/mask_of_png.ts";
import { boxRing, ellipseRing, pointOf } from "../annotations/outlines.ts";
import {
  arrayOf,
  isRecord,
  type JsonRecord,
  readJsonRecord,
  textOf,
  wholeOf,
} from "../annotations/parse_json.ts";
import { MAX_VERTICES, type PixelShape, ringOf, vertexCount } from "../annotations/rasterize.ts";
import { parseOnce } from "../annotations/parse_once.ts";
import { readHead } from "../annotations/read_head.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { IMAGE_EXTENSIONS, isFolder } from "./listing.ts";

/** Bytes that the PNG of a bitmap may have. */
const MAX_PNG = 2 ** 27;

/**
 * Reads `meta.json` and, for each `DATASET/img/NAME.jpg`, the objects of `DATASET/ann/NAME.jpg.json`:
 * polygons, bitmaps, boxes and ellipses, painted in the order of the file. Splits are data sets or tags
 * called after them. Classes stand in the order of `meta.json`.
 */
export const superviselyReader: DatasetReader = {
  name: "supervisely",
  summary: "Supervisely: meta.json, and img/ and ann/ in each data set",
  needsDir: true,
  matches: async (dir) =>
    /"classes"\s*:\s*\[/.test(await readHead(join(dir, "meta.json"))) &&
    (await findSets(dir)).length > 0,
  async open({ dir, split, hints }): Promise<Dataset> {
    const sets = await findSets(dir ?? "");
    if (sets.length === 0) {
      throw new MissingSplitError(
        `Cannot open Supervisely data in "${dir}": found no folder with img and ann in it`,
      );
    }
    const file = join(dir!, "meta.json");
    const meta = await readJsonRecord(file);
    const classes = readingOf(
      file,
      () =>
        arrayOf(meta.classes, "classes").map((one, i): NamedClass => {
          if (!isRecord(one)) throw new RangeError(`classes[${i}] is no object`);
          return {
            name: textOf(one.title, `the title of classes[${i}]`),
            color: hexColor(one.color),
          };
        }),
    );
    const images: AnnotatedImage[] = [];
    for (const set of sets) {
      const names = await picturesOf(dir!, set);
      const paths = names.map((name) => annotationsOf(dir!, set, name));
      const place = { set, names, isOnly: sets.length === 1 };
      const read = (): Promise<AnnotatedImage[]> => imagesOf(dir!, place);
      images.push(...await parseOnce(`supervisely ${dir} ${set}`, paths, read));
    }
    return await openAnnotated({ name: "supervisely", split, where: dir!, images, classes, hints });
  },
};

/** Folders that hold `img` and `ann`, as paths below the project's; data sets may hold others. */
async function findSets(dir: string, below = ".", depth = 0): Promise<string[]> {
  const folder = join(dir, below);
  const isSet = await isFolder(join(folder, "ann")) && await isFolder(join(folder, "img"));
  if (isSet) return [below];
  if (depth > 3) return [];
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith("."));
  const found: string[] = [];
  for (const name of names.sort()) {
    const path = below === "." ? name : `${below}/${name}`;
    if (await isFolder(join(dir, path))) found.push(...await findSets(dir, path, depth + 1));
  }
  return found;
}

async function picturesOf(dir: string, set: string): Promise<string[]> {
  const names = await readdir(join(dir, set, "img"));
  return names.filter((name) =>
    !name.startsWith(".") && IMAGE_EXTENSIONS.includes(extname(name).toLowerCase())
  ).sort();
}

function annotationsOf(dir: string, set: string, name: string): string {
  return join(dir, set, "ann", `${name}.json`);
}

async function imagesOf(
  dir: string,
  { set, names, isOnly }: { set: string; names: readonly string[]; isOnly: boolean },
): Promise<AnnotatedImage[]> {
  const images: AnnotatedImage[] = [];
  const ofFolder = splitNameIn(basename(set));
  for (const name of names) {
    const annotations = annotationsOf(dir, set, name);
    const content = await readJsonRecord(annotations);
    const { size, split, shapes } = readingOf(annotations, () => contentOf(content));
    const stem = name.slice(0, name.length - extname(name).length);
    images.push({
      id: isOnly || ofFolder !== null ? stem : `${set}/${stem}`,
      image: join(dir, set, "img", name),
      annotations,
      size,
      split: ofFolder ?? split,
      shapes: () => shapes,
    });
  }
  return images;
}

function contentOf(content: JsonRecord): Pick<AnnotatedImage, "size" | "split"> & {
  shapes: NamedShape[];
} {
  const { size, tags } = content;
  const tagged = arrayOf(tags, "tags").map((tag) => {
    const name = isRecord(tag) ? tag.name ?? tag.tagName : tag;
    return typeof name === "string" ? splitNameIn(name) : null;
  });
  const shapes = arrayOf(content.objects, "objects").map((object, i): NamedShape => {
    try {
      if (!isRecord(object)) throw new RangeError("it is no object");
      return { shape: shapeOf(object), name: textOf(object.classTitle, "its classTitle") };
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`objects[${i}]: ${error.message}`) : error;
    }
  });
  const vertices = shapes.reduce((sum, { shape }) => sum + vertexCount(shape), 0);
  if (vertices > MAX_VERTICES) throw new RangeError(`it has more than ${MAX_VERTICES} vertices`);
  return {
    size: isRecord(size) ? pictureSize(size.width, size.height) : null,
    split: tagged.find((split) => split !== null) ?? null,
    shapes,
  };
}

function shapeOf({ geometryType, points, bitmap }: JsonRecord): PixelShape {
  // Files of before 2020 do not say
  const kind = geometryType ?? (isRecord(bitmap) ? "bitmap" : "polygon");
  if (kind === "bitmap") {
    if (!isRecord(bitmap)) throw new RangeError("it has no bitmap");
    const packed = Buffer.from(textOfBitmap(bitmap.data), "base64");
    const [x, y] = arrayOf(bitmap.origin, "the bitmap's origin");
    return {
      mask: () => maskOfPng(inflate(packed)),
      x: wholeOf(x, "the bitmap's origin"),
      y: wholeOf(y, "the bitmap's origin"),
    };
  }
  if (!isRecord(points)) throw new RangeError("it has no points");
  const outer = arrayOf(points.exterior, "exterior").map(pointOf);
  const holes = arrayOf(points.interior, "interior")
    .map((hole) => arrayOf(hole, "a hole").map(pointOf));
  if (kind === "polygon") {
    return { rings: [outer, ...holes].map((ring) => ringOf(ring.flat())) };
  }
  if (kind === "rectangle" && outer.length === 2) return { rings: [boxRing(outer[0]!, outer[1]!)] };
  if (kind === "ellipse" && outer.length === 2) {
    const [[x1, y1], [x2, y2]] = outer as [readonly [number, number], readonly [number, number]];
    const radii = [Math.abs(x2 - x1) / 2, Math.abs(y2 - y1) / 2] as const;
    return { rings: [ellipseRing([(x1 + x2) / 2, (y1 + y2) / 2], radii)] };
  }
  throw new RangeError(`a ${printable(String(kind))} covers no pixels, remove it`);
}

function textOfBitmap(value: unknown): string {
  if (typeof value === "string") return value;
  throw new RangeError("the bitmap's data is no text");
}

function inflate(packed: Uint8Array): Uint8Array {
  try {
    return inflateSync(packed, { maxOutputLength: MAX_PNG });
  } catch (error) {
    throw new RangeError(`the bitmap's data: ${(error as Error).message}`, { cause: error });
  }
}
