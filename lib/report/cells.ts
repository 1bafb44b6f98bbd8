/**
 * Pictures without text: cells under and beside each other.
 *
 * @module
 */
import type { ClassInfo } from "../data/dataset.ts";
import { IGNORED } from "./qualitative_grid.ts";

/** White space between and around cells in pixels. */
const GAP = 6;
/** Small images are enlarged by a whole factor, at most to this width or height in pixels. */
const CELL = 192;

/** Pixels in RGB, row-major. */
export interface Cell {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Each pixel in its class's colour. */
export function colored(labels: Uint8Array, classes: readonly ClassInfo[]): Uint8Array {
  const data = new Uint8Array(labels.length * 3);
  labels.forEach((label, i) => data.set(classes[label]?.color ?? IGNORED, 3 * i));
  return data;
}

/** Cells under and beside each other on white, each in the middle of the largest one's space. */
export function layOut(rows: readonly (readonly Cell[])[]): Cell {
  const cells = rows.flat();
  const widest = Math.max(...cells.map((cell) => cell.width));
  const highest = Math.max(...cells.map((cell) => cell.height));
  const factor = Math.max(1, Math.floor(CELL / Math.max(widest, highest)));
  const [stepX, stepY] = [widest * factor + GAP, highest * factor + GAP];
  const columns = Math.max(...rows.map((row) => row.length));
  const [width, height] = [GAP + columns * stepX, GAP + rows.length * stepY];
  const sheet: Cell = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  rows.forEach((row, i) =>
    row.forEach((cell, j) => {
      const left = GAP + j * stepX + ((widest - cell.width) * factor >> 1);
      const top = GAP + i * stepY + ((highest - cell.height) * factor >> 1);
      paste(sheet, cell, { left, top, factor });
    })
  );
  return sheet;
}

/** Copies a cell into the sheet, enlarged by a whole factor. */
function paste(
  sheet: Cell,
  { width, height, data }: Cell,
  { left, top, factor }: { left: number; top: number; factor: number },
): void {
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const from = 3 * (Math.floor(y / factor) * width + Math.floor(x / factor));
      sheet.data.set(data.subarray(from, from + 3), 3 * ((top + y) * sheet.width + left + x));
    }
  }
}
