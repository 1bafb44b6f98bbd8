/**
 * Files: atomic writes, the folder of a run, free space, and errors that name a remedy.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/**
 * Writes a file in one step: a temporary file in the same folder, flushed to the disk, then
 * renamed. Readers see the old content or the new, never a part. Strings are written as UTF-8.
 *
 * @param data The content, or what writes it into the open file; if that throws, nothing changes.
 * @throws {Error} If the folder is missing or cannot be written, or the disk is full; the message
 * names the file.
 *
 * @example
 * ```ts
 * import { writeFileAtomic } from "@segadv/segadv/util";
 * import { mkdtemp, readFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "metrics.json");
 * await writeFileAtomic(path, "{}\n");
 * assert.equal(await readFile(path, "utf8"), "{}\n");
 * ```
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | ((file: FileHandle) => Promise<void>),
): Promise<void> {
  const folder = dirname(resolve(path));
  const name = `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`;
  const temporary = join(folder, name);
  try {
    const file = await open(temporary, "wx");
    try {
      if (typeof data === "function") await data(file);
      else await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw explainFileError(error, { attempt: `write ${path}`, folder });
  }
  await syncFolder(folder);
}

/** What a folder holds once a run has begun in it. */
export const RUN_FILES: readonly string[] = [
  "config.yaml",
  "events.jsonl",
  "metrics.json",
  "class-counts.json",
  "model",
  "best",
  "checkpoint",
];

/**
 * Makes the folder of a new run, parents included. An existing folder will do if it holds no run.
 *
 * @throws {Error} If the folder already holds a run (it is never overwritten), is a file, or cannot
 * be written; the message names the remedy.
 *
 * @example
 * ```ts
 * import { createRunFolder, writeFileAtomic } from "@segadv/segadv/util";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "segadv-")), "runs", "first");
 * await createRunFolder(path);
 * await writeFileAtomic(join(path, "metrics.json"), "{}");
 * await assert.rejects(createRunFolder(path), /already holds one/);
 * ```
 */
export async function createRunFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    const found = (await readdir(path)).filter((name) => RUN_FILES.includes(name));
    if (found.length > 0) {
      throw new Error(
        `Cannot start a run in ${path}: it already holds one (${found.sort().join(", ")}); ` +
          `choose another --out or remove the folder`,
      );
    }
  } catch (error) {
    throw explainFileError(error, { attempt: `create the run folder ${path}`, folder: path });
  }
  // Says now, not after the first epoch, that the folder cannot be written.
  const probe = join(path, `.probe.${randomBytes(6).toString("hex")}.tmp`);
  await writeFileAtomic(probe, "").catch((error) => {
    throw explainFileError(error.cause ?? error, { attempt: `write into the run folder ${path}` });
  });
  await removeFile(probe);
}

/**
 * Makes a folder, parents included, if it is not there.
 *
 * @throws {Error} If it cannot be made; the message names it and the remedy.
 *
 * @example
 * ```ts
 * import { makeFolder } from "@segadv/segadv/util";
 * import { mkdtemp, readdir } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const folder = await mkdtemp(join(tmpdir(), "segadv-"));
 * await makeFolder(join(folder, "maps", "city"));
 * await makeFolder(join(folder, "maps"));
 * assert.deepEqual(await readdir(folder), ["maps"]);
 * ```
 */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error) => {
    throw explainFileError(error, { attempt: `create ${path}`, folder: dirname(path) });
  });
}

/**
 * Removes a file, if it is there.
 *
 * @throws {Error} If it cannot be removed; the message names it.
 */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error) => {
    throw explainFileError(error, { attempt: `remove ${path}` });
  });
}

/**
 * Bytes that may still be written to the disk of `path`, which need not exist yet, or `null` where
 * the system does not tell.
 *
 * @example
 * ```ts
 * import { freeBytes } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * const bytes = await freeBytes("runs/not-there-yet");
 * assert(bytes === null || bytes >= 0);
 * ```
 */
export async function freeBytes(path: string): Promise<number | null> {
  for (let folder = resolve(path);; folder = dirname(folder)) {
    try {
      const stats = await statfs(folder);
      return Number(stats.bavail) * Number(stats.bsize);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || folder === dirname(folder)) return null;
    }
  }
}

/**
 * An error of the file system as one line that names what was attempted and a remedy; any other
 * error as it is.
 *
 * @param context What was attempted (`write x.json`), and the folder that it happened in.
 *
 * @example
 * ```ts
 * import { explainFileError } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
 * const { message } = explainFileError(full, { attempt: "write x.json" });
 * assert.match(message, /^Cannot write x\.json: the disk is full; free some space/);
 * ```
 */
export function explainFileError(
  error: unknown,
  context: { attempt: string; folder?: string },
): Error {
  const code = (error as { code?: string } | null)?.code;
  if (code === undefined) return error as Error;
  const reasons: Record<string, string> = {
    ENOENT: `the folder ${context.folder ?? ""} does not exist; create it first`,
    ENOTDIR: "a part of the path is a file; choose another path",
    EEXIST: "a file of that name is in the way; choose another path",
    EACCES: "no right to write there; choose another folder or change its rights",
    EPERM: "no right to write there; choose another folder or change its rights",
    EROFS: "the disk is read-only; choose another folder",
    ENOSPC: "the disk is full; free some space or choose another folder",
    EDQUOT: "the disk quota is used up; free some space or choose another folder",
    EISDIR: "a folder of that name is in the way; choose another path",
  };
  const reason = reasons[code] ?? (error as Error).message;
  return new Error(`Cannot ${context.attempt}: ${reason}`, { cause: error });
}

/** A rename is safe only once the folder itself is on disk; some systems cannot flush folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // nothing to be done: the file itself is flushed
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}
