/**
 * From a label map to polygons: the outlines of its connected regions along the borders of pixels, so
 * that filling them by the even-odd rule gives the same map.
 *
 * @module
 */
import type { LabelMap } from "../dataset.ts";

/** A 4-connected region of one value. */
export interface Region {
  value: number;
  /** Pixels. */
  area: number;
  /**
   * Closed outlines, `x, y` in turn, in pixel corners: the outer one, clockwise with y downwards, then
   * those of its holes, counter-clockwise. The first point is not repeated at the end.
   */
  rings: number[][];
}

/**
 * The regions of a label map, in the order of their first pixels.
 *
 * @param values The values that are traced.
 */
export function traceRegions(label: LabelMap, values: (value: number) => boolean): Region[] {
  const { width, height, data } = label;
  const component = labelComponents(label);
  const isTraced = Array.from({ length: 256 }, (_, value) => values(value));
  const regions = new Map<number, Region>();
  const done = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    if (!isTraced[data[at]!]) continue;
    const own = component[at]!;
    let region = regions.get(own);
    if (region === undefined) {
      regions.set(own, region = { value: data[at]!, area: 0, rings: [] });
    }
    region.area++;
    const isEdge = at < width || component[at - width] !== own;
    // Each outline runs along the upper side of some pixel; the first of a region is its outer one
    if (isEdge && done[at] === 0) {
      region.rings.push(followOutline(at, { width, height, component, done }));
    }
  }
  return [...regions.values()];
}

/** For each pixel a number that it shares with the pixels of its 4-connected region. */
function labelComponents({ width, data }: LabelMap): Int32Array {
  const parent = new Int32Array(data.length);
  const rootOf = (at: number): number => {
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  for (let at = 0; at < data.length; at++) {
    const isLeft = at % width > 0 && data[at - 1] === data[at];
    const isUp = at >= width && data[at - width] === data[at];
    parent[at] = isLeft ? rootOf(at - 1) : at;
    if (!isUp) continue;
    const [a, b] = [rootOf(at), rootOf(at - width)];
    // The least pixel is the root
    if (a < b) parent[b] = a;
    else parent[a] = b;
  }
  for (let at = 0; at < data.length; at++) parent[at] = parent[parent[at]!]!;
  return parent;
}

interface OutlineContext {
  width: number;
  height: number;
  component: Int32Array;
  /** Pixels whose upper side is part of an outline that was followed. */
  done: Uint8Array;
}

/** Steps right, down, left and up. */
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];

/** Follows the border of the region of a pixel from its upper side on, the region to the right. */
function followOutline(start: number, context: OutlineContext): number[] {
  const { width, height, component, done } = context;
  const own = component[start]!;
  const isOwn = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && component[y * width + x] === own;
  const ring: number[] = [];
  let [x, y, direction] = [start % width, Math.floor(start / width), 0];
  const [x0, y0] = [x, y];
  do {
    if (direction === 0) done[y * width + x] = 1;
    x += DX[direction]!;
    y += DY[direction]!;
    // The two pixels ahead of the corner, to the right and to the left of the way
    const [right, left] = AHEAD[direction]!;
    const before = direction;
    if (!isOwn(x + right[0], y + right[1])) direction = (direction + 1) % 4;
    else if (isOwn(x + left[0], y + left[1])) direction = (direction + 3) % 4;
    if (direction !== before) ring.push(x, y);
  } while (x !== x0 || y !== y0 || direction !== 0);
  return ring;
}

type Offset = readonly [x: number, y: number];
const AHEAD: readonly (readonly [right: Offset, left: Offset])[] = [
  [[0, 0], [0, -1]],
  [[-1, 0], [0, 0]],
  [[-1, -1], [-1, 0]],
  [[0, -1], [-1, -1]],
];

/**
 * A region as one polygon, for formats that know no holes: each hole hangs on a bridge of no width
 * that is walked to and fro, which the even-odd rule does not see.
 */
export function singlePolygon({ rings }: Region): number[] {
  const polygon = [...rings[0]!];
  for (const hole of rings.slice(1)) {
    const at = nearestPoint(polygon, [hole[0]!, hole[1]!]);
    const bridge = [...hole, hole[0]!, hole[1]!, polygon[at]!, polygon[at + 1]!];
    polygon.splice(at + 2, 0, ...bridge);
  }
  return polygon;
}

function nearestPoint(polygon: readonly number[], [x, y]: Offset): number {
  let [best, least] = [0, Infinity];
  for (let i = 0; i < polygon.length; i += 2) {
    const distance = (polygon[i]! - x) ** 2 + (polygon[i + 1]! - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
