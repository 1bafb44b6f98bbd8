/**
 * COCO's annotation files of instances, and what is kept of them.
 *
 * @module
 */
import { DamagedFileError } from "../dataset.ts";
import { type PictureSize, pictureSize, readingOf } from "./annotated_dataset.ts";
import { arrayOf, isRecord, shown, textOf, wholeOf } from "./parse_json.ts";
import { MAX_VERTICES, type PixelShape, ringOf, shapeArea, vertexCount } from "./rasterize.ts";
import { parseCompressedRle } from "./rle.ts";
import { streamJson, type TakeElement } from "./stream_json.ts";

/** A picture that a file lists. */
export interface CocoImage {
  id: number | string;
  fileName: string;
  size: PictureSize | null;
}

/** An instance, or a crowd of them. */
export interface CocoAnnotation {
  category: number;
  isCrowd: boolean;
  area: number;
  shapes: PixelShape[];
}

/** What is kept of a COCO file. */
export interface CocoContent {
  images: CocoImage[];
  annotations: Map<number | string, CocoAnnotation[]>;
  /** By id; the names of super-categories tell Roboflow's placeholder. */
  categories: Map<number, { name: string; supercategory: string }>;
  used: Set<number>;
}

/**
 * Reads a COCO file, element by element.
 *
 * @throws {DamagedFileError} If its content is at fault; names the element.
 */
export async function readCocoFile(path: string): Promise<CocoContent> {
  const content: CocoContent = {
    images: [],
    annotations: new Map(),
    categories: new Map(),
    used: new Set(),
  };
  const vertices = new Map<number | string, number>();
  const take = (what: string, use: (element: Record<string, unknown>) => void): TakeElement =>
    takeRecords(path, what, use);
  await streamJson(path, {
    images: take("images", ({ id, file_name, width, height }) => {
      const fileName = textOf(file_name, "its file_name");
      content.images.push({ id: keyOf(id, "its id"), fileName, size: pictureSize(width, height) });
    }),
    categories: take("categories", ({ id, name, supercategory }) => {
      const key = wholeOf(id, "its id");
      if (content.categories.has(key)) throw new RangeError(`its id ${key} is used twice`);
      const above = typeof supercategory === "string" ? supercategory : "";
      content.categories.set(key, { name: textOf(name, "its name"), supercategory: above });
    }),
    annotations: take("annotations", (element) => {
      const image = keyOf(element.image_id, "its image_id");
      const annotation = annotationOf(element);
      content.used.add(annotation.category);
      const own = annotation.shapes.reduce((sum, shape) => sum + vertexCount(shape), 0);
      const count = (vertices.get(image) ?? 0) + own;
      if (count > MAX_VERTICES) {
        throw new RangeError(`its image has more than ${MAX_VERTICES} vertices`);
      }
      vertices.set(image, count);
      const same = content.annotations.get(image);
      if (same === undefined) content.annotations.set(image, [annotation]);
      else same.push(annotation);
    }),
  });
  readingOf(path, () => checkReferences(content));
  return content;
}

/** Names the file and the element where `use` throws a `RangeError`. */
export function takeRecords(
  path: string,
  what: string,
  use: (element: Record<string, unknown>) => void,
): TakeElement {
  let index = 0;
  return (element) => {
    const where = `${what}[${index++}]`;
    try {
      if (!isRecord(element)) throw new RangeError("it is no object");
      use(element);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new DamagedFileError(`Cannot use "${path}": ${where}: ${error.message}`);
    }
  };
}

function keyOf(value: unknown, what: string): number | string {
  return typeof value === "string" ? textOf(value, what) : wholeOf(value, what);
}

function annotationOf(element: Record<string, unknown>): CocoAnnotation {
  const { category_id, segmentation, iscrowd } = element;
  const category = wholeOf(category_id, "its category_id");
  const shapes = cocoShapes(segmentation);
  const area = shapes.reduce((sum, shape) => sum + shapeArea(shape), 0);
  return { category, isCrowd: iscrowd === 1 || iscrowd === true, area, shapes };
}

/**
 * The shapes of a segmentation: polygons, which are united, or run lengths.
 *
 * @throws {RangeError} If it is neither.
 */
export function cocoShapes(segmentation: unknown): PixelShape[] {
  if (Array.isArray(segmentation) && segmentation.length > 0) {
    const polygons = typeof segmentation[0] === "number" ? [segmentation] : segmentation;
    // Polygons of one instance are united; those of one or two points cover nothing
    return polygons.map((polygon) => arrayOf(polygon, "a polygon of its segmentation"))
      .filter(({ length }) => length % 2 === 1 || length >= 6)
      .map((polygon): PixelShape => ({ rings: [ringOf(polygon)] }));
  }
  if (isRecord(segmentation)) {
    const { counts, size } = segmentation;
    const [height, width] = arrayOf(size, "the size of its segmentation");
    const box = pictureSize(width, height);
    if (box === null) throw new RangeError("its segmentation has no size");
    const runs = typeof counts === "string"
      ? parseCompressedRle(counts)
      : arrayOf(counts, "the counts of its segmentation");
    const lengths = Float64Array.from(runs as number[]);
    return [{
      counts: lengths,
      order: "columns",
      box: { x: 0, y: 0, width: box[0], height: box[1] },
    }];
  }
  throw new RangeError(
    `its segmentation is ${shown(segmentation)}: boxes alone do not say which pixels are meant`,
  );
}

function checkReferences({ images, annotations, categories, used }: CocoContent): void {
  if (categories.size === 0) throw new RangeError("it has no categories");
  for (const id of used) {
    if (!categories.has(id)) {
      throw new RangeError(`an annotation has the unknown category_id ${id}`);
    }
  }
  const known = new Set(images.map(({ id }) => id));
  if (known.size < images.length) throw new RangeError("two of its images have one id");
  for (const id of annotations.keys()) {
    if (!known.has(id)) throw new RangeError(`an annotation has the unknown image_id ${shown(id)}`);
  }
}
