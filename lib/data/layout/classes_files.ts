/**
 * Lists of classes as labelling tools and data sets write them.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { printable } from "../../util/format.ts";
import { requireDistinct } from "../class_order.ts";
import type { ClassInfo } from "../dataset.ts";
import { named } from "../encodings/decided_labels.ts";
import { type ClassesFile, readClassesFile } from "./classes_json.ts";
import { linesOf, readText } from "./read_text.ts";

type Given = Omit<ClassesFile, "from">;
type Row = { name: string; color?: [number, number, number]; id?: number };

/** Readers by the file's name, the first that is there counts. */
const READERS: Readonly<Record<string, (file: string) => Promise<Given | null>>> = {
  "classes.json": readClassesFile,
  "class_dict.csv": readClassDict,
  "labelmap.txt": readLabelmap,
  "_classes.csv": readRoboflow,
  "label_colors.txt": readLabelColors,
  "class_names.txt": readNames,
  "label_names.txt": readNames,
  "classes.txt": readNames,
  "labels.txt": readNames,
};

/** Whether a file may list classes, by its name. */
export function isClassesFile(path: string): boolean {
  return Object.hasOwn(READERS, basename(path).toLowerCase());
}

/**
 * The classes that files beside the data give; `null` where none does.
 *
 * @param paths Files below the folder.
 * @throws {Error} If the file is damaged, or two of one name in different folders disagree.
 */
export async function findClasses(
  dir: string,
  paths: readonly string[],
): Promise<ClassesFile | null> {
  for (const [name, read] of Object.entries(READERS)) {
    const found = paths.filter((path) => basename(path).toLowerCase() === name)
      .sort((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
    const depth = found[0]?.split("/").length;
    let first: ClassesFile | null = null;
    for (const path of found.filter((path) => path.split("/").length === depth)) {
      const given = await read(join(dir, path));
      if (given === null) continue;
      const own: ClassesFile = { ...given, from: path };
      if (first === null) first = own;
      else if (JSON.stringify({ ...first, from: "" }) !== JSON.stringify({ ...own, from: "" })) {
        throw new RangeError(
          `Cannot use both "${first.from}" and "${path}" of "${dir}": they list different classes; ` +
            `remove one`,
        );
      }
    }
    if (first !== null) return first;
  }
  return null;
}

/** Makes classes of rows. */
function givenOf(rows: readonly Row[], file: string): Given {
  if (rows.length < 1 || rows.length > 255) {
    throw new RangeError(
      `Cannot use "${file}": it lists ${rows.length} classes, 1 to 255 are possible`,
    );
  }
  for (const { name } of rows) {
    if (name === "" || printable(name) !== name) {
      throw new RangeError(
        `Cannot use "${file}": a class has no name, or one of control characters`,
      );
    }
  }
  requireDistinct(rows.map(({ name }) => name), `"${file}"`);
  const plain = named(rows.map(({ name }) => name));
  const hasColors = rows.every(({ color }) => color !== undefined);
  const classes: ClassInfo[] = rows.map(({ name, color }, i) => ({
    name,
    color: color ?? plain[i]!.color,
  }));
  const ids = rows.map(({ id }, i) => id ?? i);
  return {
    classes,
    hasColors,
    ids: ids.every((id, i) => id === i) ? null : ids,
    unread: [],
    hints: {},
  };
}

function byte(text: string | undefined, { file, row }: { file: string; row: number }): number {
  const value = (text ?? "").trim();
  if (/^\d{1,3}$/.test(value) && Number(value) <= 255) return Number(value);
  throw new RangeError(
    `Cannot use "${file}" line ${row}: expected an integer in 0..255, got "${
      printable(value.slice(0, 20))
    }"`,
  );
}

/** What is used of papaparse, which has no types of its own. */
type ParseCsv = (text: string, options: { skipEmptyLines: "greedy" }) => { data: string[][] };

/** The cells of a CSV, trimmed; quotes as in RFC 4180, separated as the file is (`,`, `;`, tab). */
async function tableOf(file: string): Promise<string[][]> {
  // csv-parse's types replace the globals of Deno by those of Node
  const parse: ParseCsv = (await import("papaparse")).default.parse;
  const text = (await readText(file)).replace(/([,;\t]) +"/g, '$1"');
  const { data } = parse(text, { skipEmptyLines: "greedy" });
  return data.map((cells) => cells.map((cell) => cell.trim()));
}

/** `name,r,g,b`, as CamVid and DeepGlobe have it. */
async function readClassDict(file: string): Promise<Given> {
  const [head = [], ...rows] = await tableOf(file);
  const columns = head.map((title) => title.toLowerCase());
  const at = ["name", "r", "g", "b"].map((title) => columns.indexOf(title));
  if (at.includes(-1)) {
    throw new RangeError(
      `Cannot use "${file}": expected the columns name,r,g,b, got ${
        printable(head.join(",").slice(0, 80))
      }`,
    );
  }
  return givenOf(
    rows.map((cells, i) => {
      const [name, ...rgb] = at.map((column) => cells[column]);
      const color = rgb.map((text) => byte(text, { file, row: i + 2 }));
      return { name: name!, color: color as Row["color"] & object };
    }),
    file,
  );
}

/** CVAT's `name:r,g,b:parts:actions`. */
async function readLabelmap(file: string): Promise<Given> {
  const rows = linesOf(await readText(file)).filter(({ line }) => !line.startsWith("#"));
  return givenOf(
    rows.map(({ line, number }) => {
      const [name = "", color = ""] = line.split(":");
      const cells = color.split(",");
      if (color === "") return { name };
      const rgb = [0, 1, 2].map((i) => byte(cells[i], { file, row: number }));
      return { name, color: rgb as Row["color"] & object };
    }),
    file,
  );
}

/** Roboflow's `Pixel Value, Class`. */
async function readRoboflow(file: string): Promise<Given | null> {
  const [head = [], ...rows] = await tableOf(file);
  if (head.length !== 2 || !/pixel\s*value/i.test(head[0]!)) return null;
  return givenOf(
    rows.map(([value, name = ""], i) => ({ id: byte(value, { file, row: i + 2 }), name })),
    file,
  );
}

/** CamVid's `64 128 64  Animal`. */
async function readLabelColors(file: string): Promise<Given> {
  return givenOf(
    linesOf(await readText(file)).map(({ line, number }) => {
      const [, r, g, b, name] = /^(\d+)[\s,]+(\d+)[\s,]+(\d+)[\s,]+(.+)$/.exec(line) ?? [];
      const rgb = [r, g, b].map((text) => byte(text, { file, row: number }));
      return { name: name!, color: rgb as Row["color"] & object };
    }),
    file,
  );
}

/** A name a line, as labelme writes it: `__ignore__` is none. */
async function readNames(file: string): Promise<Given | null> {
  const names = linesOf(await readText(file)).map(({ line }) => line);
  const rows = names[0] === "__ignore__" ? names.slice(1) : names;
  const isList = rows.some((line) => /[\\/]|\.(jpe?g|png|bmp|tiff?)$/i.test(line));
  return isList || rows.length < 2 ? null : givenOf(rows.map((name) => ({ name })), file);
}

/** Folder of a file below the data set's, "" for that one. */
export function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === "." ? "" : folder;
}
