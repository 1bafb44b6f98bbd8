/**
 * Lists of a split: a name, a picture, or a picture and its mask a line.
 *
 * @module
 */
import { printable } from "../../util/format.ts";
import { linesOf, readText } from "./read_text.ts";
import { nameKey } from "./match_names.ts";

/** What a line stands for. */
export interface ListEntry {
  name: string;
  /** Path of the mask below the data set's folder, where the line has one. */
  label: string | null;
}

/** What a list can name. */
export interface ListTargets {
  /** Sample's name of each picture's path, and of each name. */
  names: ReadonlyMap<string, string>;
  /** Paths of all pictures. */
  paths: ReadonlySet<string>;
}

/**
 * Reads a list against what there is: absolute paths and those of another machine are met by their
 * ends, so that no line leads out of the folder.
 *
 * @throws {RangeError} If a line names nothing that is there, or something twice; names the line.
 */
export async function readPairs(
  file: string,
  targets: ListTargets,
): Promise<ListEntry[]> {
  const entries: ListEntry[] = [];
  const lines = new Map<string, number>();
  let lost: { number: number; line: string } | null = null;
  let count = 0;
  for (const { line, number } of linesOf(await readText(file))) {
    const entry = lineEntry(line, targets);
    if (entry === null) {
      lost ??= { number, line };
      count++;
      continue;
    }
    const before = lines.get(entry.name);
    if (before !== undefined) {
      throw new RangeError(
        `Cannot use "${file}" line ${number}: "${
          printable(entry.name)
        }" is listed twice, first in ` +
          `line ${before}; remove one (images with rare classes come more often with ` +
          `data.oversample)`,
      );
    }
    lines.set(entry.name, number);
    entries.push(entry);
  }
  if (lost !== null) {
    throw new RangeError(
      `Cannot use "${file}" line ${lost.number}: ${
        printable(JSON.stringify(lost.line.slice(0, 80)).slice(0, 90))
      } names no image inside the data set's folder` +
        (entries.length === 0
          ? `, nor does any other of its ${count} lines: the list is of another folder`
          : count > 1
          ? `, nor do ${count - 1} more of its lines`
          : ""),
    );
  }
  return entries;
}

/** What a line names; `null` where nothing. */
export function lineEntry(line: string, { names, paths }: ListTargets): ListEntry | null {
  const whole = find(line, names);
  if (whole !== null) return { name: whole, label: null };
  for (const separator of [/\t/, /,/, /;/, /\s+/]) {
    const columns = line.split(separator).map((column) => column.trim());
    if (columns.length < 2) continue;
    const name = find(columns[0]!, names);
    if (name === null) continue;
    const second = columns[1]!;
    // VOC's lists for one class have 1 or -1 there
    if (/^-?\d$/.test(second)) return { name, label: null };
    const label = ends(second).find((path) => paths.has(path)) ?? null;
    return label === null && second !== "" ? null : { name, label };
  }
  return null;
}

const PICTURE = /\.(jpe?g|png|bmp|tiff?|webp|gif)$/i;

function find(text: string, names: ReadonlyMap<string, string>): string | null {
  for (const path of ends(text)) {
    // A list may name the photo as it was before it was converted
    const name = names.get(path) ?? names.get(path.replace(PICTURE, ""));
    if (name !== undefined) return name;
  }
  return null;
}

/** A path as it stands, then without its first folder, and so on. */
function ends(text: string): string[] {
  const plain = nameKey(text).replaceAll("\\", "/").replace(/^["']|["']$/g, "");
  const parts = plain.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || parts.length > 64) return [];
  return parts.map((_, i) => parts.slice(i).join("/"));
}
