/**
 * The file that says which classes label values stand for.
 *
 * @module
 */
import { printable } from "../../util/format.ts";
import { requireDistinct } from "../class_order.ts";
import type { ClassInfo } from "../dataset.ts";
import type { GivenClasses } from "../encodings/decided_labels.ts";
import type { LabelHints } from "./folder_layout.ts";
import { vocPalette } from "../readers/voc_palette.ts";
import { readText } from "./read_text.ts";

/** Content of a `classes.json`. */
export interface ClassesFile extends GivenClasses {
  /** Keys that have nothing to do with classes. */
  unread: string[];
  /** What the file says about how values become classes. */
  hints: Pick<LabelHints, "labelMap" | "reduceZero">;
}

const EXAMPLE = `{"classes": [{"name": "road", "color": [128, 64, 128]}], "ignore": 255}`;
const IGNORE = ["ignore", "ignore_index", "ignoreLabel", "ignore_label"];
const KEYS = ["classes", "colors", "colours", ...IGNORE, "ignoreColors", "labelMap", "reduceZero"];
/** Unknown keys that must be meant for one of these; what else a file says of itself does no harm. */
const MISSPELT = /ignor|class|colou?r|label|void|zero|background|names|palette|ids?$|map/i;
const CLASS_KEYS = ["name", "color", "colour", "id", "supercategory", "isthing", "description"];

/**
 * Reads a classes file: `{classes: [{name, color, id}], ignore}`. Also taken: names as plain strings
 * with colours apart in `colors` or `colours` (VOC's palette where there are none), and the ignore
 * label as `ignore_index`, `ignoreLabel` or `ignore_label`, -1 for none; `ignoreColors` are colours to
 * leave out, `labelMap` and `reduceZero` as in the configuration. Other keys of that kind are refused, as a
 * misspelt one would be passed over; those that have nothing to do with classes are `unread`.
 *
 * @throws {Error} If the file is missing.
 * @throws {SyntaxError} If it is no JSON.
 * @throws {TypeError} If a value has the wrong shape, or a key is unknown; names the key.
 * @throws {ClassMismatchError} If two classes have one name.
 */
export async function readClassesFile(file: string): Promise<ClassesFile> {
  const text = await readText(file).catch((error: Error) => {
    throw new Error(`${error.message}, write one that begins like ${EXAMPLE}`, { cause: error });
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(
      `Cannot read "${file}": not JSON (${printable((error as Error).message)})`,
    );
  }
  const fail = (key: string, expected: string): never => {
    throw new TypeError(`Cannot use "${file}": ${key} must be ${expected}, as in ${EXAMPLE}`);
  };
  if (!isRecord(content)) return fail("the content", "an object");
  const others = Object.keys(content).filter((key) => !KEYS.includes(key));
  const unknown = others.find((key) => MISSPELT.test(key));
  if (unknown !== undefined) {
    return fail(`the unknown key "${printable(unknown)}"`, `one of ${KEYS.join(", ")}`);
  }
  const { classes, colors, colours } = content;
  if (!Array.isArray(classes) || classes.length < 1 || classes.length > 255) {
    return fail("classes", "an array of 1 to 255 classes");
  }
  const apart = colors ?? colours ?? [];
  if (!Array.isArray(apart)) return fail("colors", "an array of [red, green, blue]");
  const palette = vocPalette(256);
  let explicit = 0;
  const read = classes.map((entry: unknown, i): ClassInfo => {
    const other = isRecord(entry)
      ? Object.keys(entry).find((key) => !CLASS_KEYS.includes(key))
      : undefined;
    if (other !== undefined) {
      return fail(`"${printable(other)}" of classes[${i}]`, `one of ${CLASS_KEYS.join(", ")}`);
    }
    const name = isRecord(entry) ? entry.name : entry;
    const own = (isRecord(entry) ? entry.color ?? entry.colour : undefined) ?? apart[i];
    if (own !== undefined) explicit++;
    const color = own ?? [...palette.subarray(i * 3, i * 3 + 3)];
    if (typeof name !== "string" || name === "" || printable(name) !== name) {
      return fail(`classes[${i}]`, "named, without control characters");
    }
    if (!isColor(color)) return fail(`the colour of classes[${i}]`, "three integers in 0..255");
    return { name, color };
  });
  requireDistinct(read.map(({ name }) => name), `"${file}"`);
  const ids = idsOf(classes, fail);
  const ignore = IGNORE.map((key) => content[key]).find((value) => value !== undefined);
  if (ignore !== undefined && ignore !== -1 && ignore !== null && !isByte(ignore)) {
    return fail("ignore", "an integer in 0..255, or -1 where no value is left out");
  }
  const { ignoreColors = [], labelMap, reduceZero } = content;
  if (!Array.isArray(ignoreColors) || !ignoreColors.every(isColor)) {
    return fail("ignoreColors", "an array of [red, green, blue]");
  }
  if (labelMap !== undefined && !isRecord(labelMap)) {
    return fail("labelMap", 'an object such as {"4": "road", "0": "ignore"}');
  }
  if (reduceZero !== undefined && typeof reduceZero !== "boolean") {
    return fail("reduceZero", "true or false");
  }
  return {
    classes: read,
    hasColors: explicit === read.length,
    ids,
    ...(ignore !== undefined && { ignore: isByte(ignore) ? ignore : null }),
    ignoredColors: ignoreColors as [number, number, number][],
    from: "classes.json",
    unread: others,
    hints: {
      ...(labelMap !== undefined && { labelMap: labelMap as Record<string, string | number> }),
      ...(reduceZero !== undefined && { reduceZero }),
    },
  };
}

/** Values of the classes, where they have ids; `null` where those are their places. */
function idsOf(
  classes: readonly unknown[],
  fail: (key: string, expected: string) => never,
): number[] | null {
  const ids = classes.map((entry) => isRecord(entry) ? entry.id : undefined);
  if (ids.every((id) => id === undefined)) return null;
  const wrong = ids.findIndex((id, i) => !isByte(id) || ids.indexOf(id) !== i);
  if (wrong >= 0) return fail(`the id of classes[${wrong}]`, "an integer in 0..255 of its own");
  return ids.every((id, i) => id === i) ? null : ids as number[];
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
