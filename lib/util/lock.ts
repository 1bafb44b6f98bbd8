/**
 * Keeps two processes out of one folder.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { link, lstat, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { explainFileError } from "./files.ts";

/** Who holds a folder. */
export interface LockOwner {
  pid: number;
  host: string;
  /** When it took the folder, ISO 8601. */
  since: string;
  /** Whether it holds the system's lock too, which ends with the process. */
  system: boolean;
}

/** A folder that this process holds. */
export interface FolderLock {
  /** Who held the folder before and ended without letting go; `null` where nobody did. */
  stale: LockOwner | null;
  /** Lets go; a second call does nothing. */
  release(): Promise<void>;
}

/** Name of the file that marks a folder as held. */
export const LOCK_FILE = "run.lock";

/** Deno's lock on an open file, which the system takes away with the process. */
interface LockableFile {
  tryLock(exclusive: boolean): Promise<boolean>;
  close(): void;
}
interface DenoFiles {
  open(path: string, options: { read: true; write: true; create: true }): Promise<LockableFile>;
}

/**
 * Takes a folder for this process, making it where it is missing. A lock whose process is gone is
 * taken over: under Deno the system tells (no permission needed), elsewhere the process table of
 * the same host does.
 *
 * @throws {Error} If another process holds the folder, naming its pid and host.
 * @throws {Error} If the folder cannot be made or written, or its lock file is a link.
 * @example
 * ```ts
 * import { lockFolder } from "@segadv/segadv";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = await mkdtemp(join(tmpdir(), "segadv-"));
 * const lock = await lockFolder(path);
 * await assert.rejects(lockFolder(path), /in use by process \d+/);
 * await lock.release();
 * ```
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  const file = join(path, LOCK_FILE);
  try {
    await mkdir(path, { recursive: true });
    if (await lstat(file).then((found) => found.isSymbolicLink(), () => false)) {
      throw new Error(`Cannot lock ${path}: ${LOCK_FILE} is a link; remove it`);
    }
    const { Deno } = globalThis as unknown as { Deno?: DenoFiles };
    return Deno === undefined ? await lockByName(file, path) : await lockBySystem(Deno, file, path);
  } catch (error) {
    throw explainFileError(error, { attempt: `lock ${path}`, folder: path });
  }
}

/** By the system's lock; who else holds the file without one is told by its content. */
async function lockBySystem(deno: DenoFiles, file: string, path: string): Promise<FolderLock> {
  for (;;) {
    const handle = await deno.open(file, { read: true, write: true, create: true });
    if (!await handle.tryLock(true)) {
      handle.close();
      throw inUse(path, await readOwner(file));
    }
    // A holder removes the file when it lets go: what we hold must still be what others will find
    if (!await stat(file).then(() => true, () => false)) {
      handle.close();
      continue;
    }
    const stale = await readOwner(file);
    const gone = stale === null || (stale.system && isHere(stale)) || !isAlive(stale, file);
    if (!gone) {
      handle.close();
      throw inUse(path, stale);
    }
    await writeFile(file, ownerText({ system: true })).catch(async (error) => {
      await rm(file, { force: true });
      handle.close();
      throw error;
    });
    return held(file, { stale, close: () => handle.close() });
  }
}

/** By who gives the file its name first. */
async function lockByName(file: string, path: string): Promise<FolderLock> {
  const mine = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFile(mine, ownerText({ system: false }));
  let stale: LockOwner | null = null;
  try {
    for (let attempt = 0;; attempt++) {
      try {
        await link(mine, file);
        return held(file, { stale, close() {} });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const owner = await readOwner(file);
      if (attempt > 3 || owner === null || isAlive(owner, file)) throw inUse(path, owner);
      stale = owner;
      await takeAway(file, owner);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Removes a stale lock; one that another process has put in its place meanwhile goes back. */
async function takeAway(file: string, stale: LockOwner): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await rename(file, aside);
  } catch {
    return; // another process was quicker
  }
  const moved = await readOwner(aside);
  if (moved?.since !== stale.since || moved.pid !== stale.pid) {
    await link(aside, file).catch(() => {});
  }
  await rm(aside, { force: true });
}

/** Folders that this very process holds, which the process table cannot tell from a stale lock. */
const ours = new Set<string>();

function held(file: string, options: { stale: LockOwner | null; close(): void }): FolderLock {
  ours.add(file);
  return {
    stale: options.stale,
    async release() {
      if (!ours.delete(file)) return;
      // While it is still ours; if it cannot be removed, it will be recognised as stale
      await rm(file, { force: true }).catch(() => {});
      options.close();
    },
  };
}

function ownerText({ system }: { system: boolean }): string {
  const since = new Date().toISOString();
  const owner: LockOwner = { pid: process.pid, host: hostOrUnknown(), since, system };
  return JSON.stringify(owner) + "\n";
}

/** The content of a lock; `null` where it is empty or torn. */
async function readOwner(file: string): Promise<LockOwner | null> {
  try {
    const owner = JSON.parse(await readFile(file, "utf8")) as LockOwner;
    return Number.isSafeInteger(owner.pid) && typeof owner.host === "string" ? owner : null;
  } catch {
    return null;
  }
}

function isHere({ host }: LockOwner): boolean {
  return host === hostOrUnknown();
}

/** Whether an owner lives, as far as can be seen from here; if in doubt it does. */
function isAlive(owner: LockOwner, file: string): boolean {
  if (!isHere(owner)) return true; // its process table is not ours to see
  if (owner.pid === process.pid) return ours.has(file); // else a former life's, as in a container
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function inUse(path: string, owner: LockOwner | null): Error {
  const who = owner === null
    ? "another process"
    : `process ${owner.pid} on ${owner.host} since ${owner.since}`;
  return new Error(
    `Cannot use ${path}: it is in use by ${who}; wait for it to end, or if it is gone remove ` +
      join(path, LOCK_FILE),
  );
}

/** The name of this machine, which under Deno takes a permission. */
function hostOrUnknown(): string {
  try {
    return hostname();
  } catch {
    return "this host";
  }
}
