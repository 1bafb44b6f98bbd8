/**
 * Reader of CVAT's "Segmentation mask 1.1": VOC's layout with a list of classes of its own.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { printable } from "../../util/format.ts";
import { readingOf } from "../annotations/annotated_dataset.ts";
import { annotationClasses, IGNORE, type NamedClass } from "../annotations/annotation_classes.ts";
import { splitNameIn } from "../annotations/split_name.ts";
import { decodePng, type PngImage } from "../codecs/png_decode.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import {
  type ClassInfo,
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type LabelMap,
  requireSplit,
} from "../dataset.ts";
import type { DataHints } from "../layout/folder_layout.ts";
import { drawValidation } from "../layout/split_rule.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFile, isFolder, readList } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";

/** VOC's colour of borders. */
const BORDER = keyOf([224, 224, 192]);

/**
 * Reads `JPEGImages`, `SegmentationClass` and the lists of `ImageSets/Segmentation`, whose names tell
 * the splits. Classes, their order and colours are those of `labelmap.txt`; masks hold colours, in RGB
 * or in palettes, or grey indices. VOC's border colour and classes such as `ignored` are left out (255).
 */
export const cvatMasksReader: DatasetReader = {
  name: "cvat-masks",
  summary: "CVAT segmentation masks: VOC's layout with labelmap.txt",
  needsDir: true,
  matches: async (dir) =>
    await isFile(join(dir, "labelmap.txt")) && await isFolder(join(dir, "SegmentationClass")),
  async open({ dir, split, hints = {} }): Promise<Dataset> {
    const file = join(dir ?? "", "labelmap.txt");
    const labels = await readLabelmap(file);
    const numbered = readingOf(file, () => annotationClasses(labels, { addBackground: false }));
    const lists = await readLists(dir!, hints);
    const ids = requireSplit(lists, { split, where: `"${dir}"` });
    const labelFolder = join(dir!, "SegmentationClass");
    const imageFolder = await findImages(dir!);
    const pairs = matchPairs({
      images: await indexFolder(imageFolder, { extensions: IMAGE_EXTENSIONS }),
      labels: await indexFolder(labelFolder, { extensions: [".png"] }),
      ids,
      imageFolder,
      labelFolder,
      where: `split "${split}" of "${dir}"`,
    });
    const values = labels.map(({ name }) => numbered.values.get(name)!);
    const decode = (bytes: Uint8Array, options: { file: string }): LabelMap =>
      decodeMask(bytes, { ...options, labels, values });
    const { classes } = numbered;
    return pairDataset({ name: "cvat-masks", split, classes, ignoreLabel: IGNORE, pairs, decode });
  },
};

/** Exports without images are completed by hand, in folders of other names. */
async function findImages(dir: string): Promise<string> {
  for (const name of ["JPEGImages", "images", "imgs"]) {
    if (await isFolder(join(dir, name))) return join(dir, name);
  }
  throw new Error(`Cannot open "${dir}": there is no folder JPEGImages, export it with images`);
}

/** A class with its colour, as `labelmap.txt` has it. */
type Label = NamedClass & { color: ClassInfo["color"] };

/** Lines `name:red,green,blue:parts:actions`. */
async function readLabelmap(file: string): Promise<Label[]> {
  const text = new TextDecoder().decode(await readBytes(file)).replace(/^\ufeff/, "");
  return readingOf(file, () =>
    text.split(/\r\n|\n|\r/).flatMap((raw, i): Label[] => {
      const line = raw.trim();
      if (line === "" || line.startsWith("#")) return [];
      const [, name, colors] = /^(.+?):(\d{1,3},\d{1,3},\d{1,3})(:.*)?$/.exec(line) ?? [];
      const color = (colors ?? "").split(",").map(Number);
      if (name === undefined || color.some((level) => level > 255) || printable(name) !== name) {
        throw new RangeError(`line ${i + 1} is not like road:128,64,128::`);
      }
      return [{ name: name.trim(), color: color as ClassInfo["color"] }];
    }));
}

/** Names by split; a list that no split is called after is divided. */
async function readLists(dir: string, hints: DataHints): Promise<Record<string, string[]>> {
  const folder = join(dir, "ImageSets", "Segmentation");
  const names = (await readdir(folder).catch(() => [])).filter((name) =>
    /^[^.].*\.txt$/.test(name)
  );
  const lists: Record<string, string[]> = {};
  const rest: string[] = [];
  for (const name of names.sort()) {
    const ids = await readList(join(folder, name));
    const split = splitNameIn(basename(name, extname(name)));
    if (split === null) rest.push(...ids);
    else lists[split] = ids;
  }
  if (lists.train === undefined && (rest.length > 0 || Object.keys(lists).length === 0)) {
    lists.train = rest.length > 0
      ? [...new Set(rest)]
      : [...(await indexFolder(join(dir, "SegmentationClass"), { extensions: [".png"] })).keys()];
  }
  if (lists.val !== undefined || lists.train === undefined) return lists;
  const samples = lists.train.map((name) => ({ name, present: [] }));
  const drawn = new Set(drawValidation(samples, hints));
  return {
    ...lists,
    train: lists.train.filter((id) => !drawn.has(id)),
    val: lists.train.filter((id) => drawn.has(id)),
  };
}

interface MaskContext {
  file: string;
  labels: readonly Label[];
  /** Label value of each of them. */
  values: readonly number[];
}

function decodeMask(bytes: Uint8Array, context: MaskContext): LabelMap {
  const { file, labels, values } = context;
  const png = decodePng(bytes, { file });
  const { width, height, channels, palette, data } = png;
  const label = new Uint8Array(width * height);
  const isIndexed = channels < 3 && (palette === undefined || beginsWith(palette, labels));
  const known = new Map(labels.map(({ color }, i) => [keyOf(color), values[i]!]));
  if (!isIndexed && known.size < labels.length) {
    throw new DamagedFileError(
      `Cannot read labels from "${file}": labelmap.txt gives two classes one colour`,
    );
  }
  if (!known.has(BORDER)) known.set(BORDER, IGNORE);
  for (let i = 0; i < label.length; i++) {
    const index = data[i * channels]!;
    const value = isIndexed
      ? index === IGNORE ? IGNORE : values[index]
      : known.get(colorAt(png, i * channels));
    if (value === undefined) {
      const what = isIndexed ? `value ${index}` : `colour ${colorAt(png, i * channels)}`;
      throw new DamagedFileError(
        `Cannot read labels from "${file}": the ${what} at column ${i % width}, row ` +
          `${Math.floor(i / width)} is none of labelmap.txt`,
      );
    }
    label[i] = value;
  }
  return { width, height, data: label };
}

/** Whether a palette has the colours of the classes in their order, so that indices are classes. */
function beginsWith(palette: Uint8Array, labels: readonly Label[]): boolean {
  return labels.every(({ color }, i) => color.every((level, c) => palette[i * 3 + c] === level));
}

function colorAt({ channels, palette, data }: PngImage, at: number): string {
  if (palette !== undefined) return keyOf(palette.subarray(data[at]! * 3, data[at]! * 3 + 3));
  return keyOf(channels < 3 ? [data[at]!, data[at]!, data[at]!] : data.subarray(at, at + 3));
}

function keyOf(color: ArrayLike<number>): string {
  return Array.prototype.join.call(color, ",");
}
