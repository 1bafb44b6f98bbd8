import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";

/** A holder renews its lock this often, in milliseconds. */
const BEAT = 5_000;

/** A lock that was not renewed for so long is left over from a worker that died. */
export const STALE_AFTER = 60_000;

/** Who holds a lock: a process, or a job that the engine starts again under the same name. */
export interface Owner {
  host: string;
  pid: number;
  /** Slurm's or Kubernetes' name for the job, which never runs twice at a time. */
  job: string | null;
}

/** A held lock. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, or returns `null` where a live worker holds it. A lock of a dead process of
 * this machine, of an earlier start of this very job, or one that is stale is taken over.
 */
export async function takeLock(path: string): Promise<Lock | null> {
  const mine = JSON.stringify(self()); // may lack the right to: before there is a file
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(mine).finally(() => file.close()).catch(async (error) => {
        await rm(path, { force: true }); // an empty lock would hold everyone off for a minute
        throw error;
      });
      // Two workers may take over one stale lock: the later removes what the earlier made
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 250));
      const isMine = await readFile(path, "utf8").catch(() => "") === mine;
      return isMine ? held(path) : null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await isAlive(path)) return null;
    await rm(path, { force: true });
  }
  return null;
}

/** Whether somebody works under a lock right now. */
export async function isAlive(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  if (Date.now() - found.mtimeMs > STALE_AFTER) return false;
  const owner = await readFile(path, "utf8").then((text) => JSON.parse(text) as Owner)
    .catch(() => null);
  if (owner === null) return true; // being written
  const me = self();
  if (owner.job !== null && owner.job === me.job) return false;
  return owner.host !== me.host || isProcess(owner.pid);
}

function held(path: string): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, BEAT);
  beat.unref?.();
  return {
    async release() {
      clearInterval(beat);
      await rm(path, { force: true });
    },
  };
}

function self(): Owner {
  const { SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX } = process.env;
  const slurm = SLURM_ARRAY_JOB_ID === undefined
    ? null
    : `slurm ${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}`;
  const kubernetes = JOB_COMPLETION_INDEX === undefined
    ? null
    : `kubernetes ${process.env.SEGADV_JOB ?? ""} ${JOB_COMPLETION_INDEX}`;
  return { host: hostname(), pid: process.pid, job: slurm ?? kubernetes };
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
