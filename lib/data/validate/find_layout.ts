/**
 * Which reader a folder was made for.
 *
 * @module
 */
import { datasetReaders } from "../registry.ts";
import type { DatasetReader } from "../dataset.ts";
import type { DataSource } from "./inspect_data.ts";

/** Splits that are looked for, the one to train on first. */
const SPLITS = ["train", "val", "test"];

/** The readers whose layout says most, first; what a user registers comes before `folder`. */
const FIRST = ["cityscapes", "camvid", "voc-aug", "voc", "sbd"];

/**
 * Finds the reader that knows a folder's layout, and the splits `train`, `val` and `test` that are
 * there, whole or not.
 *
 * @param options The only `reader` to try; all are tried if none is named.
 * @throws {Error} If no reader knows the layout, or one does but finds none of those splits.
 * @example
 * ```ts
 * import { findLayout } from "@segadv/segadv";
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
    if (!await knows(reader, dir)) continue;
    const splits: string[] = [];
    let lacking = "";
    for (const split of SPLITS) {
      const fault = await faultOf(reader, { dir, split });
      // The readers' word for a split that is not there; any other fault is one of its files
      if (fault instanceof RangeError) lacking ||= fault.message;
      else splits.push(split);
    }
    if (splits.length > 0) return { reader: reader.name, dir, splits };
    throw new Error(lacking);
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
  return [...datasetReaders.values()].filter(({ needsDir }) => needsDir)
    .sort((a, b) => rank(a) - rank(b));
}

/** Asked for a split that cannot be, a reader at home in the folder finds fault with that alone. */
async function knows(reader: DatasetReader, dir: string): Promise<boolean> {
  const fault = await faultOf(reader, { dir, split: "" });
  // Of `folder`, a classes.json that is wrong
  return fault === null || ["RangeError", "TypeError", "SyntaxError"].includes(fault.name);
}

async function faultOf(
  reader: DatasetReader,
  place: { dir: string; split: string },
): Promise<Error | null> {
  return await reader.open(place).then(() => null, (error: Error) => error);
}
