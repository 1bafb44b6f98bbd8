/**
 * Scores of label maps on disk, of any origin.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Dataset, LabelMap } from "../data/dataset.ts";
import { decodeLabel } from "../data/codecs/decode.ts";
import { decodeLabelIds } from "../data/readers/cityscapes.ts";
import { readBytes } from "../data/codecs/read_bytes.ts";
import { ConfusionMatrix, type ScoreRules } from "./confusion_matrix.ts";
import type { Scores } from "./scores.ts";

/** Options of {@linkcode scoreMaps}. */
export interface ScoreMapsOptions extends ScoreRules {
  /** Stops between maps by throwing the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Receives each class map; waited for before the next. */
  onPrediction?: (prediction: LabelMap, index: number) => void | Promise<void>;
}

/**
 * Scores a folder of PNG label maps against a split: `NAME.png` of class indices for each sample,
 * or, for the reader `cityscapes`, one `FRAME*.png` of labelIds, as its server takes them. A value
 * that is no class is an error of the prediction, as in the benchmarks.
 *
 * @throws {Error} If a sample has no map, or several; before any is read.
 * @throws {RangeError} If a map and its truth differ in size.
 * @throws {SyntaxError} If a map is no PNG or damaged.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { encodePng } from "@segadv/segadv/data";
 * import { scoreMaps } from "@segadv/segadv/metrics";
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const dir = await mkdtemp(join(tmpdir(), "segadv-"));
 * const dataset = await openDataset("fixtures", { split: "val" });
 * for (const [i, id] of dataset.ids.entries()) {
 *   const { label } = await dataset.read(i);
 *   await writeFile(join(dir, `${id}.png`), encodePng({ ...label, channels: 1 }));
 * }
 * const { mIoU } = await scoreMaps(dataset, dir);
 * assert.equal(mIoU, 1);
 * ```
 */
export async function scoreMaps(
  dataset: Dataset,
  dir: string,
  options: ScoreMapsOptions = {},
): Promise<Scores> {
  const { signal, onProgress, onPrediction } = options;
  const { classes, ids, ignoreLabel } = dataset;
  const files = matchMaps(dataset, dir, await readdir(dir));
  const decode = dataset.name === "cityscapes" ? decodeLabelIds : decodeLabel;
  const matrix = new ConfusionMatrix(classes.map(({ name }) => name));
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const prediction = decode(await readBytes(file), { file });
    const { label } = await dataset.read(index);
    if (prediction.width !== label.width || prediction.height !== label.height) {
      throw new RangeError(
        `Cannot score "${file}": it is ${prediction.width}x${prediction.height}, the truth ` +
          `${label.width}x${label.height}: they must be of one size`,
      );
    }
    const truth = label.data.map((value) => value === ignoreLabel ? 255 : value);
    matrix.add({ truth, prediction: prediction.data });
    await onPrediction?.(prediction, index);
    onProgress?.(index + 1, ids.length);
  }
  return matrix.scores(options);
}

/** The file of each sample. */
function matchMaps(
  { name, ids }: Pick<Dataset, "name" | "ids">,
  dir: string,
  entries: readonly string[],
): string[] {
  const pngs = entries.filter((entry) => /\.png$/i.test(entry)).sort();
  return ids.map((id) => {
    // Readers name a sample in a subfolder by its path
    const own = basename(id);
    const found = name === "cityscapes"
      ? pngs.filter((png) => png.startsWith(own) && !/^\d/.test(png.slice(own.length)))
      : pngs.filter((png) => png.slice(0, -4) === own);
    if (found.length === 1) return join(dir, found[0]!);
    const wanted = name === "cityscapes" ? `${own}*.png` : `${own}.png`;
    throw new Error(
      found.length === 0
        ? `Cannot score the maps in "${dir}": there is no ${wanted}`
        : `Cannot score the maps in "${dir}": both ${found[0]} and ${found[1]} are ${wanted}`,
    );
  });
}
