/**
 * What is worth keeping between runs on one machine and can be made again: text files in the user's
 * cache folder.
 *
 * @module
 */
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { writeFileAtomic } from "./files.ts";

/**
 * Where such files lie: below `XDG_CACHE_HOME` where that is set, else where the system keeps them.
 */
export function userCacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "segadv");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "segadv");
  const below = process.platform === "darwin" ? ["Library", "Caches"] : [".cache"];
  return join(homedir(), ...below, "segadv");
}

/**
 * Text of a file in the cache folder, or `null` where it is not there or cannot be read.
 */
export async function readUserCache(name: string): Promise<string | null> {
  try {
    return await readFile(join(userCacheFolder(), name), "utf8");
  } catch {
    return null;
  }
}

/**
 * Writes a file of the cache folder.
 *
 * @returns Whether that was possible; a home that cannot be written is no error here.
 */
export async function writeUserCache(name: string, text: string): Promise<boolean> {
  const path = join(userCacheFolder(), name);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, text);
    return true;
  } catch {
    return false;
  }
}
