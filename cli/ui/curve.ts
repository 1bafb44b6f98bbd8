/**
 * Curves in plain text.
 *
 * @module
 */
import { short } from "./format.ts";

/** A point of a curve. */
export interface CurvePoint {
  x: number;
  y: number;
}

/** Size of a drawing in characters, without its labels. */
export interface CurveSize {
  columns: number;
  rows: number;
}

/**
 * Draws a curve over a logarithmic axis: a mark for the mean of each column's points, with the range
 * of y at the left and that of x below.
 *
 * @param mark x of a vertical line; `null` draws none.
 */
export function drawCurve(
  points: readonly CurvePoint[],
  { columns, rows }: CurveSize,
  mark: number | null,
): string {
  const [first, last] = [Math.log(points[0]!.x), Math.log(points.at(-1)!.x)];
  const values = points.map(({ y }) => y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const columnOf = (x: number): number =>
    last === first ? 0 : Math.round((Math.log(x) - first) / (last - first) * (columns - 1));
  const rowOf = (y: number): number =>
    high === low ? rows >> 1 : Math.round((high - y) / (high - low) * (rows - 1));
  const cells = Array.from({ length: rows }, () => new Array<string>(columns).fill(" "));
  if (mark !== null) { for (const row of cells) row[columnOf(mark)] = ":"; }
  for (let column = 0; column < columns; column++) {
    const own = points.filter(({ x }) => columnOf(x) === column);
    if (own.length === 0) continue;
    const mean = own.reduce((sum, { y }) => sum + y, 0) / own.length;
    cells[rowOf(mean)]![column] = "*";
  }
  const labels = [short(high), short(low)];
  const width = Math.max(...labels.map((label) => label.length));
  const lines = cells.map((row, i) => {
    const label = i === 0 ? labels[0]! : i === rows - 1 ? labels[1]! : "";
    return `${label.padStart(width)} |${row.join("")}`.trimEnd();
  });
  const [from, to] = [short(points[0]!.x), short(points.at(-1)!.x)];
  const gap = Math.max(1, columns - from.length - to.length);
  return [...lines, `${" ".repeat(width + 2)}${from}${" ".repeat(gap)}${to}`].join("\n") + "\n";
}
