/**
 * Where the windows of a sliding-window pass lie.
 *
 * @module
 */
import type { Size } from "../../config/config.ts";

/** A rectangle of an image, in pixels. */
export interface Place {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** What windows are placed by. */
export interface PlaceOptions {
  /** Height and width of a window; a side as long as the image's or longer covers it whole. */
  window: Size;
  /** Share of a window that the next one covers again, in [0, 1). */
  overlap: number;
}

/**
 * Covers an image with windows of one size, row by row; the last of a row or column is moved back
 * to end with the image.
 *
 * @param size Height and width of the image.
 * @throws {RangeError} If `overlap` is outside [0, 1).
 */
export function placeWindows(size: Size, options: PlaceOptions): Place[] {
  const { window, overlap } = options;
  if (!(overlap >= 0 && overlap < 1)) {
    throw new RangeError(`Cannot place windows with overlap ${overlap}: it must be in [0, 1)`);
  }
  const height = Math.min(window[0], size[0]);
  const width = Math.min(window[1], size[1]);
  const lefts = starts(size[1], { window: width, overlap });
  return starts(size[0], { window: height, overlap })
    .flatMap((top) => lefts.map((left) => ({ top, left, height, width })));
}

/** Where windows begin along one side. */
function starts(
  length: number,
  { window, overlap }: { window: number; overlap: number },
): number[] {
  const step = Math.max(1, Math.round(window * (1 - overlap)));
  const count = 1 + Math.ceil((length - window) / step);
  return Array.from({ length: count }, (_, i) => Math.min(i * step, length - window));
}
