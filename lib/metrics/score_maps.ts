/**
 * Scores of label maps on disk, of any origin.
 *
 * @module
 */
import { basename, join } from "node:path";
import type { ClassInfo, Dataset, LabelMap } from "../data/dataset.ts";
import { decodeLabel } from "../data/codecs/decode.ts";
import { decodeLabelIds } from "../data/readers/cityscapes.ts";
import { decodePng, isPng } from "../data/codecs/png_decode.ts";
import { readBytes } from "../data/codecs/read_bytes.ts";
import { namesBelow } from "../data/readers/listing.ts";
import { ConfusionMatrix, type ScoreRules } from "./confusion_matrix.ts";
import type { Scores } from "./scores.ts";

/** Options of {@linkcode scoreMaps}. */
export interface ScoreMapsOptions extends ScoreRules {
  /** Stops between maps by throwing the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Receives each class map; waited for before the next. */
  onPrediction?: (prediction: LabelMap, index: number) => void | Promise<void>;
  /** Receives one line where the maps' palette gives the classes another order than the data set. */
  onNotice?: (notice: string) => void;
}

/**
 * Scores a folder of PNG label maps, subfolders included, against a split: `NAME.png` of class
 * indices for each sample, or, for the reader `cityscapes`, one `FRAME*.png` of labelIds, as its
 * server takes them. A value that is no class is an error of the prediction, as in the benchmarks.
 * Maps of 0 and 255 over two classes are taken as masks of the second, as `onNotice` says.
 * Where the maps have the classes' colours as their palette, in another order, they are matched by
 * colour.
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
  const files = matchMaps(dataset, dir, await namesBelow(dir));
  const order = dataset.name === "cityscapes" ? null : await paletteOrder(files[0]!, classes);
  if (order !== null) {
    options.onNotice?.(
      `the palette of the maps in ${dir} gives the classes of data set "${dataset.name}" another ` +
        "order: they are matched by colour",
    );
  }
  const decode = dataset.name === "cityscapes" ? decodeLabelIds : decodeLabel;
  const isBinary = dataset.name !== "cityscapes" && classes.length === 2 &&
    await holdObject(files);
  if (isBinary) {
    options.onNotice?.(
      `the maps in ${dir} are 0/255 masks: 255 is taken for class 1, "${classes[1]!.name}"`,
    );
  }
  const matrix = new ConfusionMatrix(classes.map(({ name }) => name));
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    const own = decode(await readBytes(file), { file });
    const prediction = isBinary
      ? { ...own, data: own.data.map((value) => value === 255 ? 1 : value) }
      : order === null
      ? own
      : { ...own, data: own.data.map((label) => order[label] ?? label) };
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

/** Whether all maps hold 0 and 255 only, and some 255: masks as other programs save them. */
async function holdObject(files: readonly string[]): Promise<boolean> {
  let found = false;
  for (const file of files) {
    const { data } = decodeLabel(await readBytes(file), { file });
    if (!data.every((value) => value === 0 || value === 255)) return false;
    found ||= data.includes(255);
  }
  return found;
}

/**
 * The class of each index of a map, by the colours of its palette; `null` where the map has none, or
 * other colours, or the order is that of the classes.
 */
async function paletteOrder(file: string, classes: readonly ClassInfo[]): Promise<number[] | null> {
  const bytes = await readBytes(file);
  const palette = isPng(bytes) ? decodePng(bytes, { file }).palette : undefined;
  if (palette === undefined || palette.length < 3 * classes.length) return null;
  const places = new Map(classes.map(({ color }, i) => [color.join(), i]));
  const order = classes.map((_, i) => places.get(palette.subarray(3 * i, 3 * i + 3).join()));
  const isPermutation = new Set(order).size === classes.length && !order.includes(undefined);
  return isPermutation && order.some((place, i) => place !== i) ? order as number[] : null;
}

/** The file of each sample: under its whole name, or its last part. */
function matchMaps(
  { name, ids }: Pick<Dataset, "name" | "ids">,
  dir: string,
  entries: readonly string[],
): string[] {
  const pngs = entries.filter((entry) => /\.png$/i.test(entry) && !/\.overlay\.png$/i.test(entry))
    .sort();
  const wholeNames = new Set(name === "cityscapes" ? [] : ids.map((id) => `${id}.png`));
  const others = pngs.filter((png) => !wholeNames.has(png));
  const whole = new Set(pngs);
  const used = new Map<string, string>();
  return ids.map((id) => {
    if (wholeNames.has(`${id}.png`) && whole.has(`${id}.png`)) return join(dir, `${id}.png`);
    const own = basename(id);
    const found = others.filter((png) => {
      const rest = basename(png).startsWith(own) ? basename(png).slice(own.length) : null;
      return name === "cityscapes"
        ? rest !== null && !/^\d/.test(rest)
        : /^\.png$/i.test(rest ?? "");
    });
    if (found.length === 1) {
      const other = used.get(found[0]!);
      used.set(found[0]!, id);
      if (other === undefined) return join(dir, found[0]!);
      throw new Error(
        `Cannot score the maps in "${dir}": ${found[0]} is of "${other}" or of "${id}"; put maps ` +
          "into subfolders as the samples are",
      );
    }
    const wanted = name === "cityscapes" ? `${own}*.png` : `${own}.png`;
    throw new Error(
      found.length === 0
        ? `Cannot score the maps in "${dir}": there is no ${wanted}`
        : `Cannot score the maps in "${dir}": both ${found[0]} and ${found[1]} are ${wanted}`,
    );
  });
}
