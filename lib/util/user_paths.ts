/**
 * Paths that users, list files and archives give, by the rules of the system that they are used on:
 * the last parameter is `node:path`, or its rules for another system.
 *
 * @module
 */
import * as nodePath from "node:path";

/** Rules of a system: `node:path`, `node:path/posix` or `node:path/win32`. */
export type PathRules = Pick<
  typeof nodePath.posix,
  "basename" | "extname" | "isAbsolute" | "join" | "relative" | "resolve" | "sep"
>;

/** Longest name that a data set's list file may have. */
const MAX_NAME = 300;

/**
 * Whether a name from a list file, with `/` between its parts, leads nowhere out of a folder on any
 * system: Windows also splits at `\`, drops dots and spaces at a part's end, and knows drives.
 */
export function isPlainName(name: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what must be found
  if (/[\\\x00-\x1f\x7f-\x9f]/.test(name) || /^[a-z]:/i.test(name)) return false;
  return name.length <= MAX_NAME && name.split("/").every((part) => !/^[. ]*$/.test(part));
}

/** Whether a path is a folder or lies below it; both are real paths. */
export function isInsideFolder(
  path: string,
  folder: string,
  rules: PathRules = nodePath,
): boolean {
  const below = rules.relative(folder, path);
  return below !== ".." && !below.startsWith(`..${rules.sep}`) && !rules.isAbsolute(below);
}

/**
 * Path of what is made of an image, in a folder, without its ending.
 *
 * @example
 * ```ts
 * import { isInsideFolder, outputPath, pathKey } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 * import posix from "node:path/posix";
 *
 * const path = outputPath("photos/cat.jpg", "/maps", posix);
 * assert.equal(path, "/maps/cat");
 * assert.equal(pathKey("/maps/./cat", posix), pathKey(path, posix));
 * assert.ok(isInsideFolder(path, "/maps", posix));
 * ```
 */
export function outputPath(image: string, folder: string, rules: PathRules = nodePath): string {
  return rules.join(folder, rules.basename(image, rules.extname(image)));
}

/** Equal for two paths that name one file: Windows knows no case. */
export function pathKey(path: string, rules: PathRules = nodePath): string {
  const absolute = rules.resolve(path);
  return rules.sep === "\\" ? absolute.toLowerCase() : absolute;
}
