/**
 * Reader of labelme's files.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { extname, join } from "node:path";
import { dirname } from "node:path/posix";
import {
  type AnnotatedImage,
  type NamedShape,
  openAnnotated,
  pictureSize,
  readingOf,
} from "../annotations/annotated_dataset.ts";
import type { NamedClass } from "../annotations/annotation_classes.ts";
import { classRole } from "../annotations/class_role.ts";
import { ImageFinder, sampleId } from "../annotations/find_image.ts";
import { maskOfPng } from "../annotations/mask_of_png.ts";
import { boxRing, type Corner, ellipseRing, pointOf, strokeRing } from "../annotations/outlines.ts";
import {
  arrayOf,
  isRecord,
  type JsonRecord,
  readJsonRecord,
  textOf,
} from "../annotations/parse_json.ts";
import { MAX_VERTICES, type PixelShape, ringOf, vertexCount } from "../annotations/rasterize.ts";
import { parseOnce } from "../annotations/parse_once.ts";
import { readHead } from "../annotations/read_head.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { type Dataset, type DatasetReader, MissingSplitError } from "../dataset.ts";
import { isFile, namesBelow } from "./listing.ts";

/** Width of lines and radius of points, as `labelme.utils.shape_to_mask` draws them. */
const LINE_WIDTH = 10;
const POINT_RADIUS = 5;

/**
 * Reads `NAME.json` with the picture beside it or where its `imagePath` says; in folders called after
 * splits, or all together. Polygons, boxes, circles, lines, points and masks are painted in the order
 * of the file, as `labelme_json_to_dataset` does. Classes are those of `labels.txt` in its order, else
 * all labels by name; `_background_` is what nothing covers, `__ignore__` is ignored.
 */
export const labelmeReader: DatasetReader = {
  name: "labelme",
  summary: "labelme: a JSON file of shapes for each picture, labels.txt where there is one",
  needsDir: true,
  async matches(dir) {
    const names = await jsonBelow(dir).catch(() => []);
    for (const name of names.slice(0, TRIED)) {
      const text = await readHead(join(dir, name));
      if (/"shapes"\s*:\s*\[/.test(text) || /"(imagePath|lineColor)"\s*:/.test(text)) return true;
    }
    return false;
  },
  async open({ dir, split, hints }): Promise<Dataset> {
    const names = await jsonBelow(dir ?? "");
    if (names.length === 0) {
      throw new MissingSplitError(`Cannot open labelme data in "${dir}": found no .json in it`);
    }
    const paths = names.map((name) => join(dir!, name));
    const { images, notices } = await parseOnce(
      `labelme ${dir}`,
      paths,
      () => readImages(dir!, names),
    );
    const used = new Set(images.flatMap(({ labels }) => labels));
    const classes = await classesOf(dir!, [...used]);
    return await openAnnotated({
      name: "labelme",
      split,
      where: dir!,
      images,
      classes,
      hints,
      notices,
    });
  },
};

/** JSON files that are looked into to see whether they are labelme's. */
const TRIED = 20;

type LabelledImage = AnnotatedImage & { labels: string[] };

async function readImages(
  dir: string,
  names: readonly string[],
): Promise<{ images: LabelledImage[]; notices: string[] }> {
  const finder = await ImageFinder.below(dir);
  const beside = new Map<string, string[]>();
  for (const name of finder.names) {
    const stem = name.slice(0, -extname(name).length);
    beside.set(stem, [...beside.get(stem) ?? [], name]);
  }
  const images: LabelledImage[] = [];
  for (const name of names) {
    const path = join(dir, name);
    const content = await readJsonRecord(path);
    const own = beside.get(name.slice(0, -".json".length)) ?? [];
    // A list of classes, or what another tool keeps beside the pictures
    if (content.shapes === undefined && own.length === 0) continue;
    const image = readingOf(path, () => imageOf(content, { path, name, finder, beside: own }));
    const { shapes, ...rest } = image;
    const labels = [...new Set(shapes.map((shape) => shape.name!))];
    images.push({ ...rest, labels, shapes: () => shapes });
  }
  const free = finder.names.length - images.length;
  const notices = free > 0
    ? [
      `${free} ${free === 1 ? "picture has" : "pictures have"} no labelme file and ${
        free === 1 ? "is" : "are"
      } left out`,
    ]
    : [];
  return { images, notices };
}

async function jsonBelow(dir: string): Promise<string[]> {
  const names = (await namesBelow(dir)).filter((name) => extname(name).toLowerCase() === ".json");
  return names.sort();
}

function imageOf(
  content: JsonRecord,
  { path, name, finder, beside }: {
    path: string;
    name: string;
    finder: ImageFinder;
    beside: readonly string[];
  },
): Omit<AnnotatedImage, "shapes"> & { shapes: NamedShape[] } {
  const { imagePath, imageWidth, imageHeight } = content;
  if (content.shapes === undefined) throw new RangeError("it has no shapes: it is no labelme file");
  const folder = dirname(name);
  const stem = name.slice(0, -".json".length);
  const named = typeof imagePath === "string" && imagePath !== "" ? imagePath : `${stem}.jpg`;
  // The picture beside the file, which may have been renamed with it, before that of `imagePath`
  const base = named.replaceAll("\\", "/").split("/").at(-1);
  const found = beside.find((one) => one.split("/").at(-1) === base) ?? beside[0] ??
    finder.find(named, [folder, `${folder}/images`]);
  if (found === null) {
    throw new RangeError(
      `there is no picture "${named}", nor one called "${stem}"; embedded imageData is not read`,
    );
  }
  const shapes = arrayOf(content.shapes, "shapes").map((shape, i) => {
    try {
      if (!isRecord(shape)) throw new RangeError("it is no object");
      return { shape: shapeOf(shape), name: textOf(shape.label, "its label") };
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`shapes[${i}]: ${error.message}`) : error;
    }
  });
  const vertices = shapes.reduce((sum, { shape }) => sum + vertexCount(shape), 0);
  if (vertices > MAX_VERTICES) throw new RangeError(`it has more than ${MAX_VERTICES} vertices`);
  return {
    id: sampleId(found, found),
    image: finder.pathOf(found),
    annotations: path,
    size: pictureSize(imageWidth, imageHeight),
    split: splitNameIn(folder),
    shapes,
  };
}

/** How each type of shape covers pixels. */
const SHAPES: Readonly<
  Record<string, (points: readonly Corner[], shape: JsonRecord) => PixelShape>
> = {
  polygon: (points) => ({ rings: [ringOf(points.flat())] }),
  oriented_rectangle: (points) => ({ rings: [ringOf(points.flat())] }),
  rectangle: ([from, to]) => ({ rings: [boxRing(from!, to!)] }),
  circle([center, edge]) {
    const radius = Math.hypot(edge![0] - center![0], edge![1] - center![1]);
    return { rings: [ellipseRing(center!, [radius, radius])] };
  },
  line: strokes,
  linestrip: strokes,
  point: ([center]) => ({ rings: [ellipseRing(center!, [POINT_RADIUS, POINT_RADIUS])] }),
  mask([from], shape) {
    const { mask } = shape;
    if (typeof mask !== "string") throw new RangeError("its mask is no text");
    const [x, y] = [Math.trunc(from![0]), Math.trunc(from![1])];
    return { mask: () => maskOfPng(Buffer.from(mask, "base64")), x, y };
  },
};

/** Fewest points of each type. */
const LEAST: Readonly<Record<string, number>> = {
  polygon: 3,
  oriented_rectangle: 4,
  rectangle: 2,
  circle: 2,
  line: 2,
  linestrip: 2,
  point: 1,
  mask: 1,
};

function shapeOf(shape: JsonRecord): PixelShape {
  const type = shape.shape_type ?? "polygon";
  if (typeof type !== "string" || !Object.hasOwn(SHAPES, type)) {
    throw new RangeError(`its shape_type is none of ${Object.keys(SHAPES).join(", ")}`);
  }
  const points = arrayOf(shape.points, "points").map(pointOf);
  if (points.length < LEAST[type]!) {
    throw new RangeError(`a ${type} of ${points.length} points, it needs ${LEAST[type]}`);
  }
  return SHAPES[type]!(points, shape);
}

/** Each stretch is filled by itself, as they overlap where they meet. */
function strokes(points: readonly Corner[]): PixelShape {
  return {
    union: points.slice(1).map((point, i) => [strokeRing(points[i]!, point, LINE_WIDTH)]),
  };
}

/** The names in `labels.txt`, which must have all that are used, else the names used, sorted. */
async function classesOf(dir: string, used: readonly string[]): Promise<NamedClass[]> {
  const file = join(dir, "labels.txt");
  const isUnderscored = (name: string): boolean => classRole(name) === "background";
  if (!(await isFile(file))) {
    const sorted = [...used].sort((a, b) => a < b ? -1 : 1);
    // Background comes first, as elsewhere
    return [...sorted.filter(isUnderscored), ...sorted.filter((name) => !isUnderscored(name))]
      .map((name) => ({ name }));
  }
  const text = new TextDecoder().decode(await readBytes(file));
  const names = text.split(/\r\n|\n|\r/).map((line) => line.trim()).filter((line) => line !== "");
  const unknown = used.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    readingOf(file, () => {
      throw new RangeError(`it does not have the label "${unknown}", which some shape has`);
    });
  }
  return [...new Set(names)].map((name) => ({ name }));
}
