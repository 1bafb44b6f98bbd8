/**
 * Filling of outlines, run lengths and bitmaps: how the shapes of all annotation formats become label
 * maps.
 *
 * A polygon holds a pixel where the even-odd rule says so of the pixel's centre, (x + 0.5, y + 0.5)
 * with the image's corner at (0, 0); a centre that lies on an outline belongs to what is to its right
 * or below. So neighbours that share an edge share no pixel and leave none out.
 *
 * @module
 */
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import { forEachRun, type RunOrder } from "./rle.ts";

/** A closed outline: `x, y` in turn, in pixels. */
export type Ring = ArrayLike<number>;

/** A rectangle of whole pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Pixels of one value. */
export type PixelShape =
  /** Outlines that are filled together: a ring within another is a hole. */
  | { rings: readonly Ring[] }
  /** Several of those, each filled by itself. */
  | { union: readonly (readonly Ring[])[] }
  /** Run lengths within a box, the whole image where there is none. */
  | { counts: ArrayLike<number>; order: RunOrder; box?: Box }
  /** A mask whose values above 0 count, at a place; made when it is painted, as it may be large. */
  | { mask: () => LabelMap; x: number; y: number };

/** A shape and the value that it gives to its pixels. */
export interface PaintedShape {
  shape: PixelShape;
  value: number;
}

/** Vertices that the shapes of one image may have. */
export const MAX_VERTICES: number = 10 ** 7;
/** Crossings of outlines with rows of pixels that one shape may have: 128 MiB. */
const MAX_CROSSINGS = 2 ** 24;
/** Pixels that the shapes of one image may cover, those painted over included. */
const MAX_PAINTED = 2 ** 31;

/**
 * Paints shapes one after the other, so that the last of those that overlap is seen.
 *
 * @param file Names the annotations in an error.
 * @throws {DamagedFileError} If run lengths do not fit the image, or there is too much to paint.
 */
export function paintShapes(
  label: LabelMap,
  shapes: readonly PaintedShape[],
  file: string,
): void {
  let painted = 0;
  for (const { shape, value } of shapes) {
    try {
      painted += paintShape(label, shape, value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new DamagedFileError(`Cannot use the annotations of "${file}": ${error.message}`);
    }
    if (painted > MAX_PAINTED) {
      throw new DamagedFileError(
        `Cannot use the annotations of "${file}": its shapes cover more than ${MAX_PAINTED} pixels ` +
          `of an image of ${label.width}x${label.height}`,
      );
    }
  }
}

/** @returns How many pixels it has written. */
function paintShape(label: LabelMap, shape: PixelShape, value: number): number {
  if ("rings" in shape) return fillRings(label, shape.rings, value);
  if ("union" in shape) {
    return shape.union.reduce((sum, rings) => sum + fillRings(label, rings, value), 0);
  }
  if ("mask" in shape) return paintMask(label, shape, value);
  return paintRuns(label, shape, value);
}

function fillRings(
  { width, height, data }: LabelMap,
  rings: readonly Ring[],
  value: number,
): number {
  const { crossings, begins } = crossingsOf(rings, height);
  let painted = 0;
  for (let y = 0; y < height; y++) {
    const row = crossings.subarray(begins[y], begins[y + 1]);
    if (row.length > 2 || row[0]! > row[1]!) row.sort();
    for (let i = 0; i + 1 < row.length; i += 2) {
      // The first pixel whose centre is not left of the crossing
      const from = Math.max(0, Math.ceil(row[i]! - 0.5));
      const to = Math.min(width, Math.ceil(row[i + 1]! - 0.5));
      if (to <= from) continue;
      data.fill(value, y * width + from, y * width + to);
      painted += to - from;
    }
  }
  return painted;
}

/** Where outlines cross the middle of each row of pixels, row by row. */
function crossingsOf(
  rings: readonly Ring[],
  height: number,
): { crossings: Float64Array; begins: Int32Array } {
  const begins = new Int32Array(height + 1);
  let total = 0;
  forEachEdge(rings, height, ({ from, to }) => {
    for (let y = from; y < to; y++) begins[y + 1]!++;
    total += to - from;
    if (total > MAX_CROSSINGS) {
      throw new RangeError(`an outline crosses rows of pixels more than ${MAX_CROSSINGS} times`);
    }
  });
  for (let y = 0; y < height; y++) begins[y + 1]! += begins[y]!;
  const crossings = new Float64Array(total);
  const next = begins.slice();
  forEachEdge(rings, height, ({ from, to, x1, y1, x2, y2 }) => {
    const slope = (x2 - x1) / (y2 - y1);
    for (let y = from; y < to; y++) crossings[next[y]!++] = x1 + (y + 0.5 - y1) * slope;
  });
  return { crossings, begins };
}

interface Edge {
  /** Rows whose middle it crosses. */
  from: number;
  to: number;
  /** Its upper end, then its lower one. */
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

function forEachEdge(rings: readonly Ring[], height: number, use: (edge: Edge) => void): void {
  for (const ring of rings) {
    const { length } = ring;
    for (let i = 0; i < length; i += 2) {
      const j = i + 2 < length ? i + 2 : 0;
      // From top to bottom, so that an edge that two polygons share has the same crossings in both
      const [a, b] = ring[i + 1]! <= ring[j + 1]! ? [i, j] : [j, i];
      const [y1, y2] = [ring[a + 1]!, ring[b + 1]!];
      const from = Math.max(0, Math.ceil(y1 - 0.5));
      const to = Math.min(height, Math.ceil(y2 - 0.5));
      if (from < to) use({ from, to, x1: ring[a]!, y1, x2: ring[b]!, y2 });
    }
  }
}

function paintRuns(
  { width, height, data }: LabelMap,
  { counts, order, box = { x: 0, y: 0, width, height } }: Extract<PixelShape, { order: RunOrder }>,
  value: number,
): number {
  const { x, y } = box;
  if (![x, y, box.width, box.height].every((side) => Number.isSafeInteger(side))) {
    throw new RangeError("the box of a mask is not in whole pixels");
  }
  if (x < 0 || y < 0 || x + box.width > width || y + box.height > height || box.width < 1) {
    throw new RangeError(
      `a mask of ${box.width}x${box.height} at ${x}, ${y} is not inside the image of ${width}x` +
        `${height}`,
    );
  }
  let painted = 0;
  forEachRun(counts, box.width * box.height, (begin, length) => {
    painted += length;
    for (let i = begin; i < begin + length;) {
      if (order === "rows") {
        const column = i % box.width;
        const some = Math.min(box.width - column, begin + length - i);
        const at = (y + Math.floor(i / box.width)) * width + x + column;
        data.fill(value, at, at + some);
        i += some;
      } else {
        data[(y + i % box.height) * width + x + Math.floor(i / box.height)] = value;
        i++;
      }
    }
  });
  return painted;
}

function paintMask(
  { width, height, data }: LabelMap,
  { mask: make, x, y }: Extract<PixelShape, { mask: () => LabelMap }>,
  value: number,
): number {
  const mask = make();
  // What leads out of the image is cut off, as labelling tools do
  for (let row = Math.max(0, -y); row < Math.min(mask.height, height - y); row++) {
    for (let column = Math.max(0, -x); column < Math.min(mask.width, width - x); column++) {
      if (mask.data[row * mask.width + column] === 0) continue;
      data[(y + row) * width + x + column] = value;
    }
  }
  return mask.data.length;
}

/** Vertices of a shape's outlines. */
export function vertexCount(shape: PixelShape): number {
  const rings = "rings" in shape ? shape.rings : "union" in shape ? shape.union.flat() : [];
  return rings.reduce((sum, ring) => sum + ring.length / 2, 0);
}

/** Area of a closed outline in square pixels (shoelace formula). */
export function ringArea(ring: Ring): number {
  let sum = 0;
  const { length } = ring;
  for (let i = 0; i + 1 < length; i += 2) {
    const j = i + 2 < length ? i + 2 : 0;
    sum += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return Math.abs(sum) / 2;
}

/** Area of a shape, before anything else is painted over it. */
export function shapeArea(shape: PixelShape): number {
  const areaOf = (rings: readonly Ring[]): number =>
    rings.reduce((sum, ring) => sum + ringArea(ring), 0);
  if ("rings" in shape) return areaOf(shape.rings);
  if ("union" in shape) return shape.union.reduce((sum, rings) => sum + areaOf(rings), 0);
  if ("mask" in shape) {
    return shape.mask().data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
  }
  let sum = 0;
  for (let i = 1; i < shape.counts.length; i += 2) sum += shape.counts[i]!;
  return sum;
}

/**
 * The numbers of an outline as a file gives them.
 *
 * @throws {RangeError} If they are not at least three pairs of finite numbers, none of them beyond
 * 10^7.
 */
export function ringOf(
  values: readonly unknown[],
  scale: readonly [number, number] = [1, 1],
): Float32Array {
  if (values.length < 6 || values.length % 2 !== 0) {
    throw new RangeError(`a polygon of ${values.length} numbers, not of 6, 8, 10, …`);
  }
  const ring = new Float32Array(values.length);
  for (const [i, value] of values.entries()) {
    const number = typeof value === "number" ? value * scale[i % 2]! : NaN;
    if (!(Math.abs(number) <= 1e7)) {
      throw new RangeError(`a polygon has ${JSON.stringify(value)} where a coordinate must be`);
    }
    ring[i] = number;
  }
  return ring;
}
