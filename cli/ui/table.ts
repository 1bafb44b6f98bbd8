/**
 * Tables in plain text.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

/** A column's heading and the side its cells keep to. */
export interface Column {
  title: string;
  /** @default "left" */
  align?: "left" | "right";
}

/** Rows under their headings, columns two spaces apart, without space at the ends of lines. */
export function formatTable(columns: readonly Column[], rows: readonly string[][]): string {
  const cells = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ""))));
  return cells.map((row) => {
    const padded = columns.map(({ align = "left" }, i) => {
      const cell = row[i] ?? "";
      const gap = " ".repeat(widths[i]! - widthOf(cell));
      return align === "left" ? cell + gap : gap + cell;
    });
    return padded.join("  ").trimEnd();
  }).join("\n") + "\n";
}

/** Characters on the screen: styles take none, and a letter with its accents takes one. */
function widthOf(cell: string): number {
  return [...new Intl.Segmenter().segment(stripVTControlCharacters(cell))].length;
}
