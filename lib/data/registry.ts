/**
 * The dataset readers by name: feeds the config schema, the command line and the help.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import {
  classOrder,
  describeOrder,
  type NamedClasses,
  reorderClasses,
  requireDistinct,
} from "./class_order.ts";
import { type DatasetLocation, locations, readerHints } from "./dataset_location.ts";
import { Registry } from "../util/registry.ts";
import { DataQuestionError } from "./encodings/data_question.ts";
import type { DataHints, FolderLayout } from "./layout/folder_layout.ts";
import { type Dataset, type DatasetReader, MissingFolderError } from "./dataset.ts";
import { ade20kReader } from "./readers/ade20k.ts";
import { type PictureConfig, readPicturesAs } from "./pictures/resolve_pictures.ts";
import { camvidReader } from "./readers/camvid.ts";
import { cityscapesReader } from "./readers/cityscapes.ts";
import { cocoReader } from "./readers/coco.ts";
import { cocoPanopticReader } from "./readers/coco_panoptic.ts";
import { cocoStuffReader } from "./readers/coco_stuff.ts";
import { cvatReader } from "./readers/cvat.ts";
import { cvatMasksReader } from "./readers/cvat_masks.ts";
import { fixturesReader } from "./readers/fixtures.ts";
import { folderReader } from "./readers/folder.ts";
import { isFolder } from "./readers/listing.ts";
import { labelmeReader } from "./readers/labelme.ts";
import { labelStudioReader } from "./readers/label_studio.ts";
import { lovedaReader } from "./readers/loveda.ts";
import { mapillaryReader } from "./readers/mapillary.ts";
import { oxfordPetReader } from "./readers/oxford_pet.ts";
import { pascalContextReader } from "./readers/pascal_context.ts";
import { sbdReader } from "./readers/sbd.ts";
import { superviselyReader } from "./readers/supervisely.ts";
import { vocReader } from "./readers/voc.ts";
import { vocAugReader } from "./readers/voc_aug.ts";
import { yoloReader } from "./readers/yolo.ts";

/**
 * Every reader that `data.dataset` can name; `register()` adds one of your own.
 *
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { datasetReaders } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * datasetReaders.register({
 *   name: "black",
 *   summary: "one black pixel",
 *   needsDir: false,
 *   matches: () => Promise.resolve(false),
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
export const datasetReaders: Registry<DatasetReader> = new Registry("dataset reader", [
  autoReader(),
  fixturesReader,
  folderReader,
  vocReader,
  vocAugReader,
  sbdReader,
  cityscapesReader,
  camvidReader,
  cocoReader,
  labelmeReader,
  cvatReader,
  cvatMasksReader,
  labelStudioReader,
  yoloReader,
  superviselyReader,
  cocoPanopticReader,
  cocoStuffReader,
  ade20kReader,
  pascalContextReader,
  oxfordPetReader,
  mapillaryReader,
  lovedaReader,
]);

/** Readers that every thread has without importing a module first. */
const builtIn: ReadonlySet<string> = new Set(datasetReaders.names);

/** Readers of the most specific layouts first; those that a user registers precede `folder`. */
const FIRST = [
  "cityscapes",
  "camvid",
  "ade20k",
  "pascal-context",
  "oxford-pet",
  "mapillary",
  "loveda",
  "cvat-masks",
  "voc-aug",
  "voc",
  "sbd",
];

/** Readers of annotations that may lie beside masks of the same pictures. */
const ANNOTATIONS = new Set(["coco", "labelme", "cvat", "label-studio", "yolo", "supervisely"]);

/** Finds the reader of a folder; what all of them know is read as a folder of images and labels. */
function autoReader(): DatasetReader {
  return {
    name: "auto",
    summary: "finds out which of the others reads the folder",
    needsDir: true,
    matches: () => Promise.resolve(false),
    open: async (options) => await (await findReader(options.dir!)).open(options),
  };
}

/**
 * The reader that knows a folder's layout.
 *
 * @throws {DataQuestionError} If several that a user registered do.
 */
export async function findReader(dir: string): Promise<DatasetReader> {
  const rank = ({ name }: DatasetReader): number => {
    const place = FIRST.indexOf(name);
    return place >= 0 ? place : FIRST.length;
  };
  const readers = [...datasetReaders].filter(({ name, needsDir }) =>
    needsDir && name !== "auto" && name !== folderReader.name
  ).sort((a, b) => rank(a) - rank(b));
  const found: DatasetReader[] = [];
  for (const reader of readers) if (await reader.matches(dir)) found.push(reader);
  const [first] = found;
  if (first === undefined) return folderReader;
  // Masks that were made of annotations, or are older than they
  const isBeside = found.length === 1 && ANNOTATIONS.has(first.name);
  const second = isBeside && await folderReader.matches(dir) ? folderReader : found[1];
  if (second === undefined || FIRST.includes(first.name)) return first;
  throw new DataQuestionError(
    `Cannot read "${dir}": it can be read as ${first.name} (${first.summary}) and as ` +
      `${second.name} (${second.summary}): say which, --dataset ${first.name} or --dataset ` +
      second.name,
  );
}

/**
 * Where the data lies and which part of it to open. How pictures are read is found out at the first
 * read, from this split alone, where that is `auto` or not given.
 */
export interface OpenOptions extends DataHints, Partial<PictureConfig> {
  /**
   * Root folder of the data set; `null` for embedded data.
   *
   * @default null
   */
  dir?: string | null;
  /** Name of the split, such as `train`. */
  split: string;
  /**
   * How the folder is read, as a run's `config.yaml` has it; `null`: that is found out.
   *
   * @default null
   */
  layout?: FolderLayout | null;
}

/**
 * Opens a split of a data set by the name of its reader.
 *
 * @throws {RangeError} If no reader has the name.
 * @throws {DataQuestionError} If the folder can be read in several ways; the message names them.
 * @throws {MissingSplitError} If the split does not exist or is empty.
 * @throws {TypeError} If the reader needs a folder and none is given.
 * @throws {ClassMismatchError} If two classes have one name.
 * @throws {MissingFolderError} If there is no such folder; names the absolute path.
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
  const reader = datasetReaders.get(name);
  const { dir = null, split, layout = null } = options;
  if (reader.needsDir && dir === null) {
    throw new TypeError(`Cannot open data set "${name}" without its folder: set data.dir`);
  }
  if (reader.needsDir && dir !== null) await requireFolder(name, dir);
  const known = name === "auto" ? await findReader(dir!) : reader;
  const { orientation = "auto", range = "auto", channels = 3 } = options;
  const pictures: PictureConfig = { orientation, range, channels };
  const opened = await known.open({ dir, split, layout, hints: options });
  const dataset = readPicturesAs(opened, { ...pictures, dir });
  requireDistinct(dataset.classes.map((one) => one.name), `data set "${known.name}"`);
  const { module = null } = known;
  if (builtIn.has(known.name) || module !== null) {
    const hints = readerHints(options);
    const place = { reader: known.name, module, dir, split, layout: dataset.layout ?? null, hints };
    locations.set(dataset, { ...place, ...pictures, classes: null });
  }
  return dataset;
}

/** A view of an opened data set whose pictures are read so. */
export function withPictures(dataset: Dataset, pictures: PictureConfig): Dataset {
  const location = locations.get(dataset);
  const view = readPicturesAs(dataset, { ...pictures, dir: location?.dir ?? null });
  if (location !== undefined) locations.set(view, { ...location, ...pictures });
  return view;
}

/** A data set whose classes stand in the order of something else's. */
export interface MatchedDataset {
  dataset: Dataset;
  /** For each class of the other's order its index in the data set's own; `null`: they are one. */
  order: Uint8Array | null;
  /** One line that says that the orders differ; `null` where not. */
  notice: string | null;
}

/**
 * Matches a data set to the classes of a network, a run or another split by name: same names in
 * another order are mapped, others refused.
 *
 * @throws {ClassMismatchError} If the names differ; the message lists both.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { matchClasses } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const own = await openDataset("fixtures", { split: "val" });
 * const names = own.classes.map(({ name }) => name).reverse();
 * const { dataset, notice } = matchClasses(own, { subject: "the network", names });
 * assert.deepEqual(dataset.classes, own.classes.toReversed());
 * assert.match(notice!, /^data set "fixtures" lists its classes in another order/);
 * const [before, after] = [await own.read(0), await dataset.read(0)];
 * assert.equal(before.label.data[0], 4 - after.label.data[0]!);
 * ```
 */
export function matchClasses(dataset: Dataset, to: NamedClasses): MatchedDataset {
  const own = {
    subject: `data set "${dataset.name}"`,
    names: dataset.classes.map(({ name }) => name),
  };
  const places = classOrder(own, to);
  if (places === null) return { dataset, order: null, notice: null };
  const matched = reorderClasses(dataset, places);
  const location = locations.get(dataset);
  if (location !== undefined) locations.set(matched, { ...location, classes: [...to.names] });
  return { dataset: matched, order: classOrder(to, own), notice: describeOrder(own, to) };
}

/** Refuses a folder that is not there, with the absolute path that was tried. */
export async function requireFolder(name: string, dir: string): Promise<void> {
  if (await isFolder(dir)) return;
  const from = isAbsolute(dir) ? "" : `, which is "${dir}" from the working directory`;
  throw new MissingFolderError(
    `Cannot open data set "${name}": there is no folder ${
      resolve(dir)
    }${from}; where it lies now ` +
      "is set by data.dir (--data)",
  );
}

/** Opens, in another thread, the data set of a location. */
export async function openLocation(location: DatasetLocation): Promise<Dataset> {
  if (location.module !== null) await import(location.module);
  const dataset = await openDataset(location.reader, { ...location.hints, ...location });
  const { classes } = location;
  return classes === null
    ? dataset
    : matchClasses(dataset, { subject: "the main thread", names: classes }).dataset;
}
