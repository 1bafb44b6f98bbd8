/**
 * Outlines of what labelling tools have beside polygons: boxes, ellipses and strokes.
 *
 * @module
 */
import type { Ring } from "./rasterize.ts";

/** A point in pixels. */
export type Corner = readonly [x: number, y: number];

/** The outline of a box by two opposite corners. */
export function boxRing([x1, y1]: Corner, [x2, y2]: Corner): Ring {
  return [x1, y1, x2, y1, x2, y2, x1, y2];
}

/** An ellipse, turned clockwise by `degrees`; its outline is exact to a hundredth of a pixel. */
export function ellipseRing(
  [x, y]: Corner,
  [radiusX, radiusY]: Corner,
  degrees = 0,
): Ring {
  const count = Math.min(2000, Math.max(64, Math.ceil(8 * Math.max(radiusX, radiusY))));
  const [cos, sin] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
  const ring: number[] = [];
  for (let i = 0; i < count; i++) {
    const angle = 2 * Math.PI * i / count;
    const [u, v] = [radiusX * Math.cos(angle), radiusY * Math.sin(angle)];
    ring.push(x + u * cos - v * sin, y + u * sin + v * cos);
  }
  return ring;
}

/** The outline of a line between two points, so many pixels wide. */
export function strokeRing([x1, y1]: Corner, [x2, y2]: Corner, width: number): Ring {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return [];
  const [u, v] = [(y2 - y1) * width / 2 / length, (x2 - x1) * width / 2 / length];
  return [x1 + u, y1 - v, x2 + u, y2 - v, x2 - u, y2 + v, x1 - u, y1 + v];
}

/**
 * Pairs of finite numbers.
 *
 * @throws {RangeError} If they are none, or beyond 10^7.
 */
export function pointOf(value: unknown): Corner {
  if (Array.isArray(value) && value.length >= 2) {
    const [x, y] = value as [unknown, unknown];
    if (isCoordinate(x) && isCoordinate(y)) return [x, y];
  }
  throw new RangeError("it has a point that is no pair of numbers");
}

/** Whether a value is a number that a coordinate may have. */
export function isCoordinate(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 1e7;
}
