/**
 * Images that two splits have in common: the one rule of training and of inspection.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Dataset } from "../dataset.ts";

/** A split, and what its checked images contain. */
export interface SplitContents {
  dataset: Pick<Dataset, "ids" | "files">;
  /** Hash of each image's file, or of its pixels where it has none, by sample name. */
  contents: ReadonlyMap<string, string>;
}

/** Names of one image in two places. */
export type SharedImage = [first: string, second: string];

/**
 * Samples of two splits whose image files have one content, or are one file: the latter also where
 * they were not read. Images that are saved anew are another matter, that of looking alike.
 */
export function sharedImages(a: SplitContents, b: SplitContents): SharedImage[] {
  const own = new Map([...a.contents].map(([id, content]) => [content, id]));
  const paths = new Map(pathsOf(a));
  const shared = new Map<string, string>();
  for (const [path, id] of pathsOf(b)) {
    const other = paths.get(path);
    if (other !== undefined) shared.set(id, other);
  }
  for (const [id, content] of b.contents) {
    const other = own.get(content);
    if (other !== undefined) shared.set(id, other);
  }
  return [...shared].map(([id, other]) => [other, id]);
}

function pathsOf({ dataset: { ids, files } }: SplitContents): [path: string, id: string][] {
  return files === undefined ? [] : ids.map((id, i) => [resolve(files(i).image), id]);
}
