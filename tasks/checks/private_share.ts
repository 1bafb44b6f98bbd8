import { posix } from "node:path";
import type { Problem, TreeFile } from "./tree.ts";

/** Share of private files (`_name.ts`) that the library and the command line stay below. */
export const MAX_PRIVATE_SHARE = 0.15;

/** What {@linkcode checkPrivateShare} finds. */
export interface PrivateShare {
  problems: Problem[];
  files: number;
  share: number;
}

/** Counts the TypeScript files of the library and the command line, and the private ones of them. */
export function checkPrivateShare(files: TreeFile[]): PrivateShare {
  const shipped = files.filter(({ path }) => /^(lib|cli)\/.*\.ts$/.test(path));
  const hidden = shipped.filter(({ path }) => posix.basename(path).startsWith("_"));
  const share = hidden.length / Math.max(shipped.length, 1);
  const message = `${hidden.length} of ${shipped.length} files are private: ` +
    `fewer than ${100 * MAX_PRIVATE_SHARE} % may be, merge or rename some`;
  const problems = share < MAX_PRIVATE_SHARE ? [] : [{ path: "lib/", message }];
  return { problems, files: shipped.length, share };
}

/** The summary of a count, in one line. */
export function describePrivateShare({ files, share }: PrivateShare): string {
  return `files: ${files} in lib and cli, ${(100 * share).toFixed(1)} % private`;
}
