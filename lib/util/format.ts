/**
 * Numbers and foreign text as messages and reports show them.
 *
 * @module
 */

/**
 * A fraction in per cent with two digits, without the sign; a dash where there is none.
 *
 * @example
 * ```ts
 * import { count, mebibytes, percent } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.equal(percent(2 / 3), "66.67");
 * assert.equal(percent(null), "–");
 * assert.equal(count(134475647), "134,475,647");
 * assert.equal(mebibytes(3 * 2 ** 19), "1.5 MiB");
 * ```
 */
export function percent(fraction: number | null | undefined): string {
  return fraction === null || fraction === undefined || Number.isNaN(fraction)
    ? "–"
    : (fraction * 100).toFixed(2);
}

/** A number with so many significant digits and no trailing zeros: 0.25, 13, 4.2e-7. */
export function significant(value: number, digits = 2): string {
  return String(Number(value.toPrecision(digits)));
}

/** A whole number with its thousands apart: 134,475,647. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Bytes as 12.3 MiB, with so many digits behind the point. */
export function mebibytes(bytes: number, digits = 1): string {
  return `${(bytes / 2 ** 20).toFixed(digits)} MiB`;
}

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from a file that may be hostile, fit for an error message: what steers a terminal, breaks
 * the line or turns the direction of writing becomes `\u001b` and the like.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A line of a CSV file; an absent value is an empty cell. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(",")}\n`;
}

function csvCell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
