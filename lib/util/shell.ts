/**
 * Words for a POSIX shell.
 *
 * @module
 */

/**
 * A word as a shell must be given it: quoted where it holds anything that a shell could read as
 * something else, such as blanks, apostrophes or letters beyond ASCII.
 *
 * @example
 * ```ts
 * import { shellWord } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.equal(shellWord("runs/a-1"), "runs/a-1");
 * assert.equal(shellWord("Anna's run"), "'Anna'\\''s run'");
 * ```
 */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@=,+%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
