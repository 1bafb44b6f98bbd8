/**
 * Reader of Label Studio's JSON exports.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../util/format.ts";
import {
  type AnnotatedImage,
  type NamedShape,
  openAnnotated,
  type PictureSize,
  pictureSize,
} from "../annotations/annotated_dataset.ts";
import { classRole } from "../annotations/class_role.ts";
import { takeRecords } from "../annotations/coco_file.ts";
import { ImageFinder, sampleId } from "../annotations/find_image.ts";
import { type Corner, ellipseRing, isCoordinate, pointOf } from "../annotations/outlines.ts";
import { arrayOf, isRecord, type JsonRecord, textOf } from "../annotations/parse_json.ts";
import { MAX_VERTICES, type PixelShape, ringOf, vertexCount } from "../annotations/rasterize.ts";
import { parseOnce } from "../annotations/parse_once.ts";
import { readHead } from "../annotations/read_head.ts";
import { unpackRle } from "../annotations/rle_pack.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { streamJson } from "../annotations/stream_json.ts";
import { type Dataset, type DatasetReader, type LabelMap, MissingSplitError } from "../dataset.ts";

/**
 * Reads a JSON export (not JSON-MIN) with its pictures anywhere in the folder. Polygons, brush strokes,
 * boxes and ellipses are painted in the order of the file. A file called after a split holds that
 * split. Classes are all labels by name.
 */
export const labelStudioReader: DatasetReader = {
  name: "label-studio",
  summary: "Label Studio: JSON export with polygons, brush, boxes and ellipses",
  needsDir: true,
  matches: async (dir) => (await findFiles(dir)).length > 0,
  async open({ dir, split, hints }): Promise<Dataset> {
    const files = await findFiles(dir ?? "");
    if (files.length === 0) {
      throw new MissingSplitError(
        `Cannot open Label Studio data in "${dir}": found no JSON export with tasks in it`,
      );
    }
    const { images, labels, notices } = await parseOnce(
      `label-studio ${dir}`,
      files,
      () => readFiles(dir!, files),
    );
    const isBackground = (name: string): number => classRole(name) === "background" ? 0 : 1;
    const classes = [...labels].sort((a, b) =>
      isBackground(a) - isBackground(b) || (a < b ? -1 : 1)
    ).map((name) => ({ name }));
    return await openAnnotated({
      name: "label-studio",
      split,
      where: dir!,
      images,
      classes,
      hints,
      notices,
    });
  },
};

async function readFiles(
  dir: string,
  files: readonly string[],
): Promise<{ images: AnnotatedImage[]; labels: Set<string>; notices: string[] }> {
  const finder = await ImageFinder.below(dir);
  const images: AnnotatedImage[] = [];
  const labels = new Set<string>();
  let free = 0;
  for (const file of files) {
    const take = takeRecords(file, "task", (task) => {
      const image = imageOf(task, { file, finder });
      if (image === null) return void free++;
      for (const { name } of image.shapes) labels.add(name!);
      const { shapes, ...rest } = image;
      images.push({ ...rest, shapes: () => shapes });
    });
    await streamJson(file, { "": take });
  }
  const notices = free > 0 ? [`${free} tasks are not annotated and are left out`] : [];
  return { images, labels, notices };
}

async function findFiles(dir: string): Promise<string[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => /^[^.].*\.json$/i.test(name));
  const files: string[] = [];
  for (const name of names.sort()) {
    const text = await readHead(join(dir, name));
    if (/^\s*\[\s*\{/.test(text) && /"(annotations|result)"\s*:\s*\[/.test(text)) {
      files.push(join(dir, name));
    }
  }
  return files;
}

type FoundImage = Omit<AnnotatedImage, "shapes"> & { shapes: NamedShape[] };

/** `null`: nobody has annotated the task. */
function imageOf(
  task: JsonRecord,
  { file, finder }: { file: string; finder: ImageFinder },
): FoundImage | null {
  const name = pictureName(task);
  const annotations = arrayOf(task.annotations, "annotations").filter((one) =>
    isRecord(one) && one.was_cancelled !== true
  ) as JsonRecord[];
  const chosen = annotations.filter(({ ground_truth }) => ground_truth === true);
  const own = chosen.length > 0 ? chosen : annotations;
  if (own.length === 0) return null;
  if (own.length > 1) {
    throw new RangeError(
      `it has ${own.length} annotations, mark one as ground truth or remove the others`,
    );
  }
  const found = finder.find(name) ?? finder.find(name.replace(/^(.*\/)?[0-9a-f]{8}-/, ""));
  if (found === null) {
    throw new RangeError(`there is no picture "${printable(name)}" in the folder`);
  }
  let size: PictureSize | null = null;
  const shapes = arrayOf(own[0]!.result, "result").flatMap((result, i): NamedShape[] => {
    try {
      if (!isRecord(result)) throw new RangeError("it is no object");
      const shape = shapeOf(result);
      if (shape === null) return [];
      size = shape.size;
      return shape.names.map((label) => ({ shape: shape.shape, name: label }));
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`result[${i}]: ${error.message}`) : error;
    }
  });
  const vertices = shapes.reduce((sum, { shape }) => sum + vertexCount(shape), 0);
  if (vertices > MAX_VERTICES) throw new RangeError(`it has more than ${MAX_VERTICES} vertices`);
  return {
    id: sampleId(found, found),
    image: finder.pathOf(found),
    annotations: file,
    size,
    split: splitNameIn(file.split(/[\\/]/).at(-1)!) ?? splitNameIn(found.split("/")[0]!),
    shapes,
  };
}

/** The path in the picture's address, without what a server puts before it. */
function pictureName({ data, file_upload }: JsonRecord): string {
  const values = isRecord(data) ? Object.values(data) : [];
  const address =
    values.find((value) => typeof value === "string" && /\.\w{3,4}(\?|$)/.test(value)) ??
      file_upload;
  const text = textOf(address, "the picture's address");
  const local = /[?&]d=([^&]+)/.exec(text)?.[1];
  const path = local ?? text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, "").replace(/\?.*$/, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

interface FoundShape {
  names: string[];
  size: PictureSize;
  shape: PixelShape;
}

/** `null`: a choice, a text or another result that covers no pixels. */
function shapeOf(result: JsonRecord): FoundShape | null {
  const { type, value, original_width, original_height, image_rotation } = result;
  if (typeof type !== "string" || !Object.hasOwn(SHAPES, type)) {
    if (/^(keypoint|video|vector)/.test(String(type))) {
      throw new RangeError(
        `a result of type ${printable(String(type))} covers no pixels, remove it`,
      );
    }
    return null;
  }
  if (!isRecord(value)) throw new RangeError("its value is no object");
  if (image_rotation !== undefined && image_rotation !== 0) {
    throw new RangeError("it was drawn on a turned picture, which is not read");
  }
  const size = pictureSize(original_width, original_height);
  if (size === null) throw new RangeError("it has no original_width and original_height");
  const names = arrayOf(value[type], type).map((name) => textOf(name, "its label"));
  if (names.length !== 1) throw new RangeError(`it has ${names.length} labels, must be 1`);
  return { names, size, shape: SHAPES[type]!(value, size) };
}

/** How each type covers pixels; coordinates are in per cent. */
const SHAPES: Readonly<Record<string, (value: JsonRecord, size: PictureSize) => PixelShape>> = {
  polygonlabels(value, [width, height]) {
    const points = arrayOf(value.points, "points").map(pointOf);
    return { rings: [ringOf(points.flat(), [width / 100, height / 100])] };
  },
  brushlabels(value, [width, height]) {
    if (value.format !== "rle") throw new RangeError("its format is not rle");
    const bytes = Uint8Array.from(arrayOf(value.rle, "rle") as number[]);
    return { mask: () => alphaOf(bytes, [width, height]), x: 0, y: 0 };
  },
  rectanglelabels(value, [width, height]) {
    const [x, y] = [number(value.x) * width / 100, number(value.y) * height / 100];
    const [w, h] = [number(value.width) * width / 100, number(value.height) * height / 100];
    const angle = (value.rotation === undefined ? 0 : number(value.rotation)) * Math.PI / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    // Turned clockwise about its first corner
    const corners: Corner[] = [[0, 0], [w, 0], [w, h], [0, h]];
    return { rings: [corners.flatMap(([u, v]) => [x + u * cos - v * sin, y + u * sin + v * cos])] };
  },
  ellipselabels(value, [width, height]) {
    const center: Corner = [number(value.x) * width / 100, number(value.y) * height / 100];
    const radii: Corner = [
      number(value.radiusX) * width / 100,
      number(value.radiusY) * height / 100,
    ];
    const rotation = value.rotation === undefined ? 0 : number(value.rotation);
    return { rings: [ellipseRing(center, radii, rotation)] };
  },
};

function number(value: unknown): number {
  if (isCoordinate(value)) return value;
  throw new RangeError("it has no number where a coordinate must be");
}

/** Where a brush was: at least half of its full alpha. */
function alphaOf(packed: Uint8Array, [width, height]: PictureSize): LabelMap {
  const rgba = unpackRle(packed, 4 * width * height);
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = rgba[4 * i + 3]! >= 128 ? 1 : 0;
  return { width, height, data };
}
