/**
 * Values of JSON files that may hold anything.
 *
 * @module
 */
import { printable } from "../../util/format.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { DamagedFileError } from "../dataset.ts";
import { MAX_JSON_BYTES } from "./stream_json.ts";

/** An object of a JSON file. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * The content of a JSON file that is read as a whole.
 *
 * @throws {DamagedFileError} If it is no JSON object or larger than 512 MiB; names it.
 * @throws {Error} If it cannot be read.
 */
export async function readJsonRecord(file: string): Promise<JsonRecord> {
  const bytes = await readBytes(file);
  const fail = (why: string): never => {
    throw new DamagedFileError(`Cannot read "${file}": ${why}`);
  };
  if (bytes.length > MAX_JSON_BYTES) return fail("it has more than 512 MiB");
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return fail(`not JSON (${printable((error as Error).message).slice(0, 200)})`);
  }
  return isRecord(content) ? content : fail("its content is no JSON object");
}

/** Whether a value is an object, and no array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An array, or none where the value is absent. */
export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new RangeError(`${what} is no array`);
}

/** Text that can be shown and compared: 1 to 300 characters, none of them a control character. */
export function textOf(value: unknown, what: string): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (text !== "" && text.length <= 300 && printable(text) === text) return text;
  throw new RangeError(`${what} is ${shown(value)}, not a text of 1 to 300 characters`);
}

/** A whole number of at least `min`. */
export function wholeOf(value: unknown, what: string, min = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw new RangeError(`${what} is ${shown(value)}, not a whole number of at least ${min}`);
}

/** A value of a file for an error message. */
export function shown(value: unknown): string {
  return printable((JSON.stringify(value) ?? "missing").slice(0, 60));
}
