/**
 * Keeps two processes out of one folder, or off one trial of a sweep.
 *
 * Under Deno a holder also has the system's lock on the file, which ends with its process; elsewhere
 * who gives the file its name first holds it. A lock that its holder renews works over machines too:
 * one that was not renewed for a minute is left over.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { explainFileError } from "./files.ts";

/** Who holds a lock. */
export interface LockOwner {
  pid: number;
  host: string;
  /** When it took the lock, ISO 8601. */
  since: string;
  /** Whether it holds the system's lock too, which ends with the process. */
  system: boolean;
  /** Slurm's or Kubernetes' name for its job, which never runs twice at a time; absent outside one. */
  job?: string;
}

/** A lock that this process holds. */
export interface HeldLock {
  /** Who held it before and ended without letting go; `null` where nobody did. */
  stale: LockOwner | null;
  /** Lets go; a second call does nothing. */
  release(): Promise<void>;
}

/** Name of the file that marks a folder as held. */
const LOCK_FILE = "run.lock";

/** A renewed lock is renewed this often, in milliseconds. */
const RENEWAL = 5_000;

/** A renewed lock that is older than this is left over from a process that died. */
const STALE_AFTER = 60_000;

/** Whether the holder renews the file and names its job, which takes the environment's permission. */
type Policy = { renewed: boolean };

/** A lock that was taken, or who has it: `null` where its file does not say. */
type Attempt = HeldLock | { heldBy: LockOwner | null };

/** Deno's files, whose lock the system takes away with the process. */
interface DenoFiles {
  open(
    path: string,
    options: { read: true; write: true; create: true },
  ): Promise<{ tryLock(exclusive: boolean): Promise<boolean>; close(): void }>;
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
 * import { lockFolder } from "@segadv/segadv/util";
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
export async function lockFolder(path: string): Promise<HeldLock> {
  const file = join(path, LOCK_FILE);
  try {
    await fs.mkdir(path, { recursive: true });
    if (await fs.lstat(file).then((found) => found.isSymbolicLink(), () => false)) {
      throw new Error(`Cannot lock ${path}: ${LOCK_FILE} is a link; remove it`);
    }
    const attempt = await take(file, { renewed: false });
    if ("heldBy" in attempt) throw inUse(path, attempt.heldBy);
    return attempt;
  } catch (error) {
    throw explainFileError(error, { attempt: `lock ${path}`, folder: path });
  }
}

/**
 * Takes a lock file that its holder renews, or gives `null` where another process holds it. A lock is
 * taken over from a process of this machine that is gone, from an earlier start of this very job, and
 * from whoever has not renewed it for a minute.
 *
 * @throws {Error} If the file cannot be written.
 */
export async function lockFile(file: string): Promise<HeldLock | null> {
  const attempt = await take(file, { renewed: true });
  return "heldBy" in attempt ? null : attempt;
}

/** Whether a live process holds a lock file of {@linkcode lockFile}. */
export async function isLocked(file: string): Promise<boolean> {
  const found = await fs.stat(file).catch(() => null);
  if (found === null) return false;
  const owner = await readOwner(file);
  // Without an owner it is being written
  return owner === null ? !isOverdue(found) : await isAlive(owner, file, { renewed: true });
}

/**
 * Removes the lock of a folder that a process on another machine left behind. Only for who knows
 * that this process is gone: a lock of {@linkcode lockFolder} does not say.
 */
export async function dropForeignLock(folder: string): Promise<void> {
  const file = join(folder, LOCK_FILE);
  const owner = await readOwner(file);
  if (owner !== null && !isHere(owner)) await fs.rm(file, { force: true });
}

async function take(file: string, policy: Policy): Promise<Attempt> {
  const { Deno } = globalThis as unknown as { Deno?: DenoFiles };
  return await (Deno === undefined ? takeByName(file, policy) : takeBySystem(Deno, file, policy));
}

/** By the system's lock; a holder without one is known by the content. */
async function takeBySystem(deno: DenoFiles, file: string, policy: Policy): Promise<Attempt> {
  const mine = ownerText(policy, { system: true }); // may lack a permission: before there is a file
  for (;;) {
    const handle = await deno.open(file, { read: true, write: true, create: true });
    if (!await handle.tryLock(true)) {
      handle.close();
      return { heldBy: await readOwner(file) };
    }
    // A holder removes the file when it lets go: what we hold must still be what others will find
    if (!await fs.stat(file).then(() => true, () => false)) {
      handle.close();
      continue;
    }
    const stale = await readOwner(file);
    const gone = stale === null || (stale.system && isHere(stale)) ||
      !await isAlive(stale, file, policy);
    if (!gone) {
      handle.close();
      return { heldBy: stale };
    }
    await fs.writeFile(file, mine).catch(async (error) => {
      await fs.rm(file, { force: true });
      handle.close();
      throw error;
    });
    return held(file, { stale, policy, close: () => handle.close() });
  }
}

/** By who gives the file its name first. */
async function takeByName(file: string, policy: Policy): Promise<Attempt> {
  const mine = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  await fs.writeFile(mine, ownerText(policy, { system: false }));
  let stale: LockOwner | null = null;
  try {
    for (let attempt = 0;; attempt++) {
      try {
        await fs.link(mine, file);
        return held(file, { stale, policy, close() {} });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const owner = await readOwner(file);
      if (attempt > 3 || owner === null || await isAlive(owner, file, policy)) {
        return { heldBy: owner };
      }
      stale = owner;
      await takeAway(file, owner);
    }
  } finally {
    await fs.rm(mine, { force: true });
  }
}

/** Removes a stale lock; one that another process has put in its place meanwhile goes back. */
async function takeAway(file: string, stale: LockOwner): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await fs.rename(file, aside);
  } catch {
    return; // another process was quicker
  }
  const moved = await readOwner(aside);
  if (moved?.since !== stale.since || moved.pid !== stale.pid) {
    await fs.link(aside, file).catch(() => {});
  }
  await fs.rm(aside, { force: true });
}

/** Locks that this very process holds, which the process table cannot tell from stale ones. */
const ours = new Set<string>();

function held(
  file: string,
  options: { stale: LockOwner | null; policy: Policy; close(): void },
): HeldLock {
  const { stale, policy, close } = options;
  ours.add(file);
  const renew = (): void => {
    const now = new Date();
    fs.utimes(file, now, now).catch(() => {});
  };
  const timer = policy.renewed ? setInterval(renew, RENEWAL) : undefined;
  timer?.unref?.();
  return {
    stale,
    async release() {
      if (!ours.delete(file)) return;
      clearInterval(timer);
      // While it is still ours; if it cannot be removed, it will be recognised as stale
      await fs.rm(file, { force: true }).catch(() => {});
      close();
    },
  };
}

function ownerText({ renewed }: Policy, { system }: { system: boolean }): string {
  const since = new Date().toISOString();
  // A renewed lock is shared between machines, so its holder's name must be known
  const host = renewed ? hostname() : hostOrUnknown();
  const owner = { pid: process.pid, host, since, system };
  const job = renewed ? currentJob() : null;
  return JSON.stringify(job === null ? owner : { ...owner, job }) + "\n";
}

/** Name of the cluster job that this process is, kept when the cluster starts it again. */
function currentJob(): string | null {
  const { SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX } = process.env;
  if (SLURM_ARRAY_JOB_ID !== undefined) return `slurm ${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}`;
  if (JOB_COMPLETION_INDEX === undefined) return null;
  return `kubernetes ${process.env.SEGADV_JOB ?? ""} ${JOB_COMPLETION_INDEX}`;
}

/** The content of a lock; `null` where it is empty or torn. */
async function readOwner(file: string): Promise<LockOwner | null> {
  try {
    const owner = JSON.parse(await fs.readFile(file, "utf8")) as LockOwner;
    return Number.isSafeInteger(owner.pid) && typeof owner.host === "string" ? owner : null;
  } catch {
    return null;
  }
}

function isHere({ host }: LockOwner): boolean {
  return host === hostOrUnknown();
}

function isOverdue({ mtimeMs }: { mtimeMs: number }): boolean {
  return Date.now() - mtimeMs > STALE_AFTER;
}

/** Whether an owner lives, as far as can be seen from here; if in doubt it does. */
async function isAlive(owner: LockOwner, file: string, policy: Policy): Promise<boolean> {
  // This process, or one of an earlier start that had its number, as in a container
  if (isHere(owner) && owner.pid === process.pid) return ours.has(file);
  if (policy.renewed) {
    if (owner.job !== undefined && owner.job === currentJob()) return false;
    if (await fs.stat(file).then(isOverdue, () => false)) return false;
  }
  if (!isHere(owner)) return true; // its process table cannot be read from here
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
