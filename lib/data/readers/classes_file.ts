/** Reads `classes.json`: names, colours and the ignore label of a data set. */
import type { ClassInfo } from "../dataset.ts";
import { vocPalette } from "../voc_palette.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { printable } from "../../util/format.ts";

/** What a `classes.json` says. */
export interface ClassesFile {
  classes: ClassInfo[];
  ignoreLabel: number;
}

const EXAMPLE = `{"classes": [{"name": "road", "color": [128, 64, 128]}], "ignore": 255}`;

/**
 * Reads a classes file: `{classes: [{name, color}], ignore}`. Also taken: names as plain strings
 * with colours apart in `colors` or `colours` (VOC's palette where there are none), and the ignore
 * label as `ignore_index` or `ignoreLabel`; it is 255 where the file has none.
 *
 * @throws {Error} If the file is missing.
 * @throws {SyntaxError} If it is no JSON.
 * @throws {TypeError} If a value has the wrong shape; tells the key.
 */
export async function readClassesFile(file: string): Promise<ClassesFile> {
  const bytes = await readBytes(file).catch((error: Error) => {
    throw new Error(`${error.message}, write one that begins like ${EXAMPLE}`, { cause: error });
  });
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new SyntaxError(
      `Cannot read "${file}": not JSON (${printable((error as Error).message)})`,
    );
  }
  const fail = (key: string, expected: string): never => {
    throw new TypeError(`Cannot use "${file}": ${key} must be ${expected}, as in ${EXAMPLE}`);
  };
  if (!isRecord(content)) return fail("the content", "an object");
  const { classes, colors, colours, ignore, ignore_index, ignoreLabel } = content;
  if (!Array.isArray(classes) || classes.length < 1 || classes.length > 255) {
    return fail("classes", "an array of 1 to 255 classes");
  }
  const apart = colors ?? colours ?? [];
  if (!Array.isArray(apart)) return fail("colors", "an array of [red, green, blue]");
  const palette = vocPalette(256);
  const read = classes.map((entry: unknown, i): ClassInfo => {
    const name = isRecord(entry) ? entry.name : entry;
    const color = (isRecord(entry) ? entry.color ?? entry.colour : undefined) ?? apart[i] ??
      [...palette.subarray(i * 3, i * 3 + 3)];
    if (typeof name !== "string" || name === "" || printable(name) !== name) {
      return fail(`classes[${i}]`, "named, without control characters");
    }
    if (!isColor(color)) return fail(`the colour of classes[${i}]`, "three integers in 0..255");
    return { name, color };
  });
  const value = ignore ?? ignore_index ?? ignoreLabel ?? 255;
  if (!isByte(value)) return fail("ignore", "an integer in 0..255");
  return { classes: read, ignoreLabel: value };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function isColor(value: unknown): value is ClassInfo["color"] {
  return Array.isArray(value) && value.length === 3 && value.every(isByte);
}
