/**
 * Links of a data set that lead out of its folder.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import type { Dataset } from "../dataset.ts";
import type { Finding } from "./data_report.ts";

/**
 * Counts the files of a split that links place outside the data set's folder: intended in a data set
 * of one's own, suspicious in one from an archive. The folder itself may be a link.
 */
export async function findLinks(
  { split, ids, files }: Pick<Dataset, "split" | "ids" | "files">,
  dir: string | null,
): Promise<Finding[]> {
  if (files === undefined || dir === null) return [];
  const root = await realpath(dir).catch(() => null);
  if (root === null) return [];
  let first: [path: string, target: string] | null = null;
  let count = 0;
  for (const index of ids.keys()) {
    const { image, label } = files(index);
    for (const path of [image, label]) {
      const target = await realpath(path).catch(() => path); // a missing file is found by reading
      if (isInside(target, root)) continue;
      first ??= [path, target];
      count++;
    }
  }
  if (first === null) return [];
  const message = `${count} of ${2 * ids.length} files are links that lead out of the folder ` +
    `(${relative(dir, first[0])} to ${first[1]}): is that intended?`;
  return [{ severity: "note", split, message }];
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
