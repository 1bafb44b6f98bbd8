/**
 * Sizes and times of many files.
 *
 * @module
 */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";

/** A file as the disk knows it; size -1 where there is none. */
export interface FileState {
  size: number;
  time: number;
}

/** Files that are asked about at a time. */
const BATCH = 64;

/** Milliseconds for a batch above which the disk is a slow one, on which waiting together pays. */
const SLOW = 8;

const MISSING: FileState = { size: -1, time: 0 };

/** The states of files. One after another they cost half of what promises do, on a local disk. */
export async function fileStates(paths: readonly string[]): Promise<FileState[]> {
  const states: FileState[] = [];
  let isSlow = false;
  for (let i = 0; i < paths.length; i += BATCH) {
    const some = paths.slice(i, i + BATCH);
    const start = performance.now();
    if (isSlow) states.push(...await Promise.all(some.map(stateLater)));
    else states.push(...some.map(stateNow));
    isSlow ||= performance.now() - start > SLOW;
  }
  return states;
}

function stateNow(path: string): FileState {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? MISSING : { size: found.size, time: found.mtimeMs };
  } catch {
    return MISSING;
  }
}

async function stateLater(path: string): Promise<FileState> {
  return await stat(path).then(({ size, mtimeMs }) => ({ size, time: mtimeMs }), () => MISSING);
}
