import { mkdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { eventually } from "./eventually.ts";

/**
 * Runs `f` with the user's cache below `folder`. Test files are threads of one process, which share
 * its environment, so only one at a time changes it.
 */
export async function withUserCache(folder: string, f: () => Promise<void>): Promise<void> {
  const lock = join(tmpdir(), `segadv-user-cache-${process.pid}`);
  await eventually(() => mkdir(lock).then(() => true, () => false));
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = folder;
  try {
    await f();
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    await rmdir(lock);
  }
}
