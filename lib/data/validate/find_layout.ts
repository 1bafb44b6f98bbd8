/**
 * Which reader a folder was made for.
 *
 * @module
 */
import { datasetReaders } from "../registry.ts";
import { type DatasetReader, MissingSplitError } from "../dataset.ts";
import type { DataSource } from "./inspect_data.ts";

/** Splits that are tried, the one to train on first. */
const SPLITS = ["train", "val", "test"];

/** Readers of the most specific layouts first; those that a user registers precede `folder`. */
const FIRST = ["cityscapes", "camvid", "voc-aug", "voc", "sbd"];

/**
 * Finds the reader that knows a folder's layout, and the splits `train`, `val` and `test` that are
 * there, whole or not.
 *
 * @param options The only `reader` to try; all are tried if none is named.
 * @throws {MissingSplitError} If a reader knows the layout but finds none of those splits.
 * @throws {Error} If no reader knows the layout.
 * @example
 * ```ts
 * import { findLayout } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(findLayout("/nowhere"), /no reader knows its layout/);
 * ```
 */
export async function findLayout(
  dir: string,
  options: { reader?: string | undefined } = {},
): Promise<DataSource> {
  const readers = inOrder().filter(({ name }) => name === (options.reader ?? name));
  for (const reader of readers) {
    if (!await reader.matches(dir)) continue;
    const splits: string[] = [];
    let lacking = "";
    for (const split of SPLITS) {
      const fault = await faultOf(reader, { dir, split });
      // Any other fault is one of the split's files
      if (fault instanceof MissingSplitError) lacking ||= fault.message;
      else splits.push(split);
    }
    if (splits.length > 0) return { reader: reader.name, dir, splits };
    throw new MissingSplitError(lacking);
  }
  const known = readers.map(({ name, summary }) => `${name} (${summary})`).join(", ");
  const last = readers.at(-1);
  const fault = last && await faultOf(last, { dir, split: "" });
  throw new Error(
    `Cannot inspect "${dir}": no reader knows its layout; known: ${known}` +
      (fault ? `; as ${last.name}: ${fault.message}` : ""),
  );
}

function inOrder(): DatasetReader[] {
  const rank = ({ name }: DatasetReader): number => {
    const place = FIRST.indexOf(name);
    return place >= 0 ? place : FIRST.length + (name === "folder" ? 1 : 0);
  };
  return [...datasetReaders].filter(({ needsDir }) => needsDir).sort((a, b) => rank(a) - rank(b));
}

async function faultOf(
  reader: DatasetReader,
  place: { dir: string; split: string },
): Promise<Error | null> {
  return await reader.open(place).then(() => null, (error: Error) => error);
}
