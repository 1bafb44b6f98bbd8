/**
 * Text files in the user's cache folder, which are worth keeping between runs and can be made again. A
 * page has no such folder, which is no error here.
 *
 * @module
 */
import type * as fs from "node:fs/promises";
import type * as os from "node:os";
import type * as nodePath from "node:path";
import type * as nodeProcess from "node:process";
import { builtin } from "./host.ts";

/**
 * Where such files lie: below `XDG_CACHE_HOME` where that is set, else where the system keeps them;
 * `null` in a page.
 */
export function userCacheFolder(): string | null {
  const process = builtin<typeof nodeProcess>("node:process");
  if (process === null) return null;
  const { join } = builtin<typeof nodePath>("node:path")!;
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "segadv");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "segadv");
  const below = process.platform === "darwin" ? ["Library", "Caches"] : [".cache"];
  return join(builtin<typeof os>("node:os")!.homedir(), ...below, "segadv");
}

/**
 * Text of a file in the cache folder, or `null` where it is not there or cannot be read.
 */
export async function readUserCache(name: string): Promise<string | null> {
  const folder = userCacheFolder();
  if (folder === null) return null;
  try {
    const { readFile } = builtin<typeof fs>("node:fs/promises")!;
    return await readFile(`${folder}/${name}`, "utf8");
  } catch {
    return null;
  }
}

/**
 * Writes a file of the cache folder in one step.
 *
 * @returns Whether that was possible; a home that cannot be written is no error here.
 */
export async function writeUserCache(name: string, text: string): Promise<boolean> {
  const folder = userCacheFolder();
  if (folder === null) return false;
  const { mkdir, rename, rm, writeFile } = builtin<typeof fs>("node:fs/promises")!;
  const path = `${folder}/${name}`;
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, path);
    return true;
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
    return false;
  }
}
