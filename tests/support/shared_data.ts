/** Real data beside the repository, which tests read where it is present. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const root = process.env.SEGADV_SHARED ?? join(import.meta.dirname!, "../../../shared");

/** Path of a real data set below the shared folder, such as `data/camvid-small`. */
export function sharedPath(path: string): string {
  return join(root, path);
}

/** Why a test that needs the path cannot run, or `false` if it can. */
export function skipWithout(path: string): string | false {
  return existsSync(sharedPath(path)) ? false : `${path} is not in the shared folder`;
}
