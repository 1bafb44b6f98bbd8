/** Folders and lists: which files there are, and which of them a list names. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { imageFormats } from "../codecs/image_formats.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { printable } from "../../util/format.ts";
import { isPlainName } from "../../util/user_paths.ts";

/** Endings of files that may hold a picture, in lower case. */
export const IMAGE_EXTENSIONS: readonly string[] = [...imageFormats].flatMap(({ extensions }) => [
  ...extensions,
]);

/** Whether the path is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}

/** Whether the path is a file. */
export async function isFile(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isFile(), () => false);
}

/**
 * The files of a folder and its subfolders with one of the extensions: path below the folder
 * without extension (and without `suffix`), to full path; sorted by name. Links are followed, as
 * data sets are often put together from them, but to no folder twice; names that begin with a dot
 * are passed over.
 *
 * @throws {RangeError} If two files share a name, or a link leads to a folder that is listed already.
 * @throws {Error} If the folder cannot be listed.
 */
export async function indexFolder(
  folder: string,
  options: { extensions: readonly string[]; suffix?: string },
): Promise<Map<string, string>> {
  const { extensions, suffix = "" } = options;
  const found = new Map<string, string>();
  for (const name of (await namesBelow(folder)).sort(byCodeUnit)) {
    const extension = extname(name);
    if (!extensions.includes(extension.toLowerCase())) continue;
    const stem = name.slice(0, -extension.length);
    if (!stem.endsWith(suffix)) continue;
    const key = stem.slice(0, stem.length - suffix.length);
    const other = found.get(key);
    if (other) {
      throw new RangeError(
        `Cannot use two files of one name: "${other}" and "${join(folder, name)}", ` +
          `remove one of them`,
      );
    }
    found.set(key, join(folder, name));
  }
  return found;
}

/**
 * Paths below a folder, with `/` between their parts, of all that is no folder itself.
 *
 * @throws {RangeError} If a link leads to a folder that is listed already.
 * @throws {Error} If the folder cannot be listed.
 */
export async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  const listed = new Map<string, string>();
  const open = [""];
  for (const below of open) {
    const path = join(folder, below);
    const { real, entries } = await listFolder(path);
    // By its real path, so that links that lead in a circle come to an end
    const before = listed.get(real);
    if (before !== undefined) {
      throw new RangeError(
        `Cannot list "${path}": links make it the folder "${before}", which is listed already`,
      );
    }
    listed.set(real, path);
    for (const entry of entries) {
      if (entry.name.startsWith(".") || entry.name === "__MACOSX") continue;
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      const isOpen = entry.isDirectory() ||
        (entry.isSymbolicLink() && await isFolder(join(folder, name)));
      (isOpen ? open : names).push(name);
    }
  }
  return names;
}

/**
 * The paths of all picture files in a folder and its subfolders, by name. Links
 * are followed, but to no folder twice; names that begin with a dot are passed over.
 *
 * @throws {RangeError} If a link leads to a folder that is listed already.
 * @throws {Error} If the folder cannot be listed.
 * @example
 * ```ts
 * import { encodePng, listImages } from "@segadv/segadv/data";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const dir = await mkdtemp(join(tmpdir(), "segadv-"));
 * const pixel = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) } as const;
 * await writeFile(join(dir, "a.png"), encodePng(pixel));
 * await writeFile(join(dir, "notes.txt"), "none");
 * assert.deepEqual(await listImages(dir), [join(dir, "a.png")]);
 * ```
 */
export async function listImages(folder: string): Promise<string[]> {
  const isImage = (name: string): boolean =>
    IMAGE_EXTENSIONS.some((extension) => name.toLowerCase().endsWith(extension));
  const names = (await namesBelow(folder)).filter(isImage);
  return names.sort().map((name) => join(folder, name));
}

async function listFolder(path: string): Promise<{ real: string; entries: Dirent[] }> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    // Runtimes differ in the order
    return {
      real: await realpath(path),
      entries: entries.sort((a, b) => byCodeUnit(a.name, b.name)),
    };
  } catch (error) {
    throw new Error(`Cannot list "${path}": ${(error as Error).message}`, { cause: error });
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The names in a list file, one a line, without extension. Empty lines are skipped.
 *
 * @throws {RangeError} If a name is absolute, leaves the folder or is listed twice; names the line.
 */
export async function readList(
  file: string,
  options: { pattern?: RegExp } = {},
): Promise<string[]> {
  const text = new TextDecoder().decode(await readBytes(file));
  const lines = new Map<string, number>();
  for (const [i, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === "") continue;
    const name = stripExtension(options.pattern?.exec(line)?.[1] ?? line);
    const where = `"${file}" line ${i + 1}`;
    if (!isPlainName(name)) {
      const shown = printable(JSON.stringify(line.slice(0, 80))).slice(0, 90);
      throw new RangeError(
        `Cannot use ${where}: ${shown} is not a name inside the data set's folder`,
      );
    }
    if (lines.has(name)) {
      throw new RangeError(
        `Cannot use ${where}: "${printable(name)}" is listed twice, first in line ${
          lines.get(name)
        }`,
      );
    }
    lines.set(name, i + 1);
  }
  return [...lines.keys()];
}

function stripExtension(name: string): string {
  const extension = extname(name);
  return IMAGE_EXTENSIONS.includes(extension.toLowerCase())
    ? name.slice(0, -extension.length)
    : name;
}
