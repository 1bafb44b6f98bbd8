/**
 * A data set whose labels are painted from shapes when a sample is read.
 *
 * @module
 */
import { printable } from "../../util/format.ts";
import { decodeImage } from "../codecs/decode.ts";
import { MAX_PIXELS } from "../codecs/raster.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import {
  DamagedFileError,
  type Dataset,
  type LabelMap,
  requireSplit,
  type Sample,
} from "../dataset.ts";
import type { DataHints } from "../layout/folder_layout.ts";
import { drawValidation, type SplitSample } from "../layout/split_rule.ts";
import { sizeMessage } from "../readers/pair_dataset.ts";
import { imageSize } from "../scan/image_size.ts";
import {
  type AnnotationClasses,
  annotationClasses,
  IGNORE,
  type NamedClass,
} from "./annotation_classes.ts";
import { classRole } from "./class_role.ts";
import { wholeOf } from "./parse_json.ts";
import { paintShapes, type PixelShape, shapeArea } from "./rasterize.ts";

/** Width and height in pixels. */
export type PictureSize = readonly [width: number, height: number];

/** A shape and the name of its class; `null`: its pixels are ignored. */
export interface NamedShape {
  shape: PixelShape;
  name: string | null;
}

/** A picture and what is drawn on it. */
export interface AnnotatedImage {
  id: string;
  /** Path of the picture. */
  image: string;
  /** Path of the file that holds its annotations. */
  annotations: string;
  /** What the file says; `null` where it does not. */
  size: PictureSize | null;
  /** The split that the files put it in; `null` where they do not. */
  split: string | null;
  /**
   * Its shapes in the order in which they are painted.
   *
   * @throws {DamagedFileError} If the file's content is at fault; names it.
   */
  shapes(size: PictureSize): readonly NamedShape[] | Promise<readonly NamedShape[]>;
}

/** A data set of annotated pictures, and the split that is wanted of it. */
export interface AnnotatedSource {
  /** Name of the reader. */
  name: string;
  split: string;
  /** Names the data set in errors. */
  where: string;
  /** The pictures of all splits. */
  images: readonly AnnotatedImage[];
  /** The classes that the files name, in their order. */
  classes: readonly NamedClass[];
  /** What is left out, a line each. */
  notices?: readonly string[] | undefined;
  /** What the user says: how pictures are divided, and what pixels are that nothing covers. */
  hints?: DataHints | undefined;
}

/**
 * Opens a split: numbers the classes, divides the pictures where the files do not, and paints labels
 * when samples are read.
 *
 * Class 0 becomes `background` where some pixel of some picture is covered by nothing, unless a class
 * is called so itself; pixels without a class are ignored (255) with `uncovered: "ignore"`.
 *
 * @throws {MissingSplitError} If there is no such split or it is empty.
 * @throws {DamagedFileError} If two pictures share a name, or there are no classes or more than 255.
 */
export async function openAnnotated(source: AnnotatedSource): Promise<Dataset> {
  const { name, split, where, images, classes, hints = {} } = source;
  const { uncovered = "background" } = hints;
  const own = requireSplit(await divide(source), { split, where: `"${where}"` });
  requireUnique(own, where);
  const chosen = new Set(own);
  const others = images.filter((image) => !chosen.has(image));
  const isNamed = classes.some(({ name }) => classRole(name) === "background");
  const addBackground = !isNamed && uncovered === "background" &&
    !await isCovered([...own, ...others]);
  const numbered = readingOf(where, () => annotationClasses(classes, { addBackground }));
  const dataset = annotatedDataset(own, { name, split, ...numbered });
  return source.notices === undefined ? dataset : { ...dataset, notices: source.notices };
}

/** Pictures by split; where the files put none into `val`, some of the others are drawn. */
async function divide(
  { images, classes, hints = {} }: AnnotatedSource,
): Promise<Record<string, AnnotatedImage[]>> {
  const splits: Record<string, AnnotatedImage[]> = {};
  for (const image of images) (splits[image.split ?? "train"] ??= []).push(image);
  const { train = [], val } = splits;
  if (val !== undefined || train.length < 2) return splits;
  const places = new Map(classes.map(({ name }, i) => [name, i]));
  const samples: SplitSample[] = [];
  for (const { id, size, shapes } of train) {
    const found = await shapes(size ?? [UNKNOWN_SIDE, UNKNOWN_SIDE]);
    const present = new Set(found.map(({ name }) => places.get(name ?? "") ?? -1));
    samples.push({ name: id, present: [...present].sort((a, b) => a - b) });
  }
  const drawn = new Set(drawValidation(samples, hints));
  return {
    ...splits,
    train: train.filter(({ id }) => !drawn.has(id)),
    val: train.filter(({ id }) => drawn.has(id)),
  };
}

function requireUnique(images: readonly AnnotatedImage[], where: string): void {
  const seen = new Map<string, string>();
  for (const { id, image } of images) {
    const other = seen.get(id);
    if (other !== undefined) {
      throw new DamagedFileError(
        `Cannot use "${where}": "${other}" and "${image}" would both be the sample "${id}"`,
      );
    }
    seen.set(id, image);
  }
}

function annotatedDataset(
  images: readonly AnnotatedImage[],
  options: AnnotationClasses & { name: string; split: string },
): Dataset {
  const { name, split, classes, fill, values } = options;
  const imageAt = (index: number): AnnotatedImage => {
    const found = images[index];
    if (found) return found;
    throw new RangeError(`Cannot read sample ${index} of ${images.length} in split "${split}"`);
  };
  const files = new Set(images.map(({ annotations }) => annotations));
  return {
    name,
    split,
    classes,
    ignoreLabel: IGNORE,
    ids: images.map(({ id }) => id),
    labelsShareFiles: files.size < images.length,
    files(index) {
      const { image, annotations } = imageAt(index);
      return { image, label: annotations };
    },
    async readLabel(index): Promise<LabelMap> {
      const { image: file, size } = imageAt(index);
      if (size !== null) return await paint(imageAt(index), size);
      const bytes = await readBytes(file);
      const { width, height } = imageSize(bytes) ?? await decodeImage(bytes, { file });
      return await paint(imageAt(index), [width, height]);
    },
    async read(index, pictures): Promise<Sample> {
      const { id, image: file, annotations, size } = imageAt(index);
      const image = await decodeImage(await readBytes(file), { ...pictures, file });
      const [width, height] = size ?? [image.width, image.height];
      if (width !== image.width || height !== image.height) {
        throw new DamagedFileError(sizeMessage({
          id,
          image: { ...image, file },
          label: { width, height, file: annotations },
        }));
      }
      return { id, image, label: await paint(imageAt(index), [width, height]) };
    },
  };

  async function paint(
    { annotations, shapes }: AnnotatedImage,
    [width, height]: PictureSize,
  ): Promise<LabelMap> {
    const label = { width, height, data: new Uint8Array(width * height).fill(fill) };
    const painted = (await shapes([width, height])).map(({ shape, name }) => {
      const value = name === null ? IGNORE : values.get(name);
      if (value !== undefined) return { shape, value };
      throw new DamagedFileError(
        `Cannot use "${annotations}": its class "${printable(name!)}" is none of the data set's`,
      );
    });
    paintShapes(label, painted, annotations);
    return label;
  }
}

/** Side of the map in which pictures of unknown size are looked at for gaps. */
const UNKNOWN_SIDE = 512;
/** Share of a picture that shapes may leave out by rounding of their coordinates alone. */
const ROUNDING = 1e-4;

/** Whether every pixel is covered. Areas decide first: most data sets are known by one picture. */
async function isCovered(images: readonly AnnotatedImage[]): Promise<boolean> {
  for (const { size, shapes, annotations } of images) {
    const [width, height] = size ?? [UNKNOWN_SIDE, UNKNOWN_SIDE];
    const found = await shapes([width, height]);
    const area = readingOf(
      annotations,
      () => found.reduce((sum, { shape }) => sum + shapeArea(shape), 0),
    );
    if (area < (1 - ROUNDING) * width * height) return false;
    const label = { width, height, data: new Uint8Array(width * height) };
    paintShapes(label, found.map(({ shape }) => ({ shape, value: 1 })), annotations);
    if (label.data.includes(0)) return false;
  }
  return true;
}

/**
 * The size that a file gives for a picture; `null` where it gives none.
 *
 * @throws {RangeError} If it is no size, or of more than 2²⁶ pixels.
 */
export function pictureSize(width: unknown, height: unknown): PictureSize | null {
  if ((width ?? null) === null && (height ?? null) === null) return null;
  const size = [wholeOf(width, "a picture's width", 1), wholeOf(height, "a picture's height", 1)];
  if (size[0]! * size[1]! <= MAX_PIXELS) return size as [number, number];
  throw new RangeError(`a picture of ${size.join("x")} has more than ${MAX_PIXELS} pixels`);
}

/**
 * Runs what reads a part of an annotation file; a range error of it becomes one that names the file.
 *
 * @throws {DamagedFileError} In place of a `RangeError`.
 */
export function readingOf<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DamagedFileError(`Cannot use "${file}": ${error.message}`, { cause: error });
  }
}
