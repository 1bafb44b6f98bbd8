/**
 * The dataset readers by name: feeds the config schema, the command line and the help.
 *
 * @module
 */
import { nearest } from "../util/nearest.ts";
import type { Dataset, DatasetReader } from "./dataset.ts";
import { withLocation } from "./dataset_location.ts";
import { camvidReader } from "./readers/camvid.ts";
import { cityscapesReader } from "./readers/cityscapes.ts";
import { fixturesReader } from "./readers/fixtures.ts";
import { folderReader } from "./readers/folder.ts";
import { sbdReader } from "./readers/sbd.ts";
import { vocReader } from "./readers/voc.ts";
import { vocAugReader } from "./readers/voc_aug.ts";

const readers = new Map<string, DatasetReader>(
  [
    fixturesReader,
    folderReader,
    vocReader,
    vocAugReader,
    sbdReader,
    cityscapesReader,
    camvidReader,
  ].map((reader) => [reader.name, reader]),
);

const builtIn: ReadonlySet<string> = new Set(readers.keys());

/** Every reader that `data.dataset` can name. */
export const datasetReaders: ReadonlyMap<string, DatasetReader> = readers;

/**
 * Adds a reader of one's own, so that `data.dataset` can name it.
 *
 * @throws {RangeError} If the name is taken.
 * @example
 * ```ts
 * import { openDataset, registerDataset } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * registerDataset({
 *   name: "black",
 *   summary: "one black pixel",
 *   needsDir: false,
 *   async open({ split }) {
 *     const pixel = { width: 1, height: 1 };
 *     return {
 *       name: "black",
 *       split,
 *       classes: [{ name: "night", color: [0, 0, 0] }],
 *       ignoreLabel: 255,
 *       ids: ["only"],
 *       async read() {
 *         const image = { ...pixel, data: new Uint8Array(3) };
 *         return { id: "only", image, label: { ...pixel, data: new Uint8Array(1) } };
 *       },
 *     };
 *   },
 * });
 * assert.deepEqual((await openDataset("black", { split: "train" })).ids, ["only"]);
 * ```
 */
export function registerDataset(reader: DatasetReader): void {
  if (readers.has(reader.name)) {
    throw new RangeError(`Cannot register data set "${reader.name}": the name is taken`);
  }
  readers.set(reader.name, reader);
}

/** Where the data lies and which part of it to open. */
export interface OpenOptions {
  /**
   * Root folder of the data set; `null` for embedded data.
   *
   * @default null
   */
  dir?: string | null;
  /** Name of the split, such as `train`. */
  split: string;
}

/**
 * Opens a split of a data set by the name of its reader.
 *
 * @throws {RangeError} If no reader has the name, or the split is unknown or empty.
 * @throws {TypeError} If the reader needs a folder and none is given.
 * @throws {Error} If the folder does not have the reader's layout; the message names what lacks.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const dataset = await openDataset("fixtures", { split: "val" });
 * const { image, label } = await dataset.read(0);
 * assert.equal(dataset.ids.length, 8);
 * assert.equal(image.data.length, 3 * label.data.length);
 * ```
 */
export async function openDataset(name: string, options: OpenOptions): Promise<Dataset> {
  const reader = readers.get(name);
  if (!reader) {
    const near = nearest(name, readers.keys());
    throw new RangeError(
      `Cannot open data set "${name}": no reader has that name` +
        (near ? `, did you mean "${near}"` : "") + `; known: ${[...readers.keys()].join(", ")}`,
    );
  }
  const dir = options.dir ?? null;
  if (reader.needsDir && dir === null) {
    throw new TypeError(`Cannot open data set "${name}" without its folder: set data.dir`);
  }
  const { split } = options;
  const dataset = await reader.open({ dir, split });
  const module = reader.module ?? null;
  if (!builtIn.has(name) && module === null) return dataset;
  return withLocation(dataset, { reader: name, module, dir, split });
}
