/**
 * Reader of COCO's panoptic annotations (Kirillov et al., CVPR 2019).
 *
 * @module
 */
import { basename, extname, relative } from "node:path";
import { readingOf } from "../annotations/annotated_dataset.ts";
import { IGNORE } from "../annotations/annotation_classes.ts";
import { takeRecords } from "../annotations/coco_file.ts";
import { ImageFinder } from "../annotations/find_image.ts";
import { arrayOf, isRecord, textOf, wholeOf } from "../annotations/parse_json.ts";
import { streamJson } from "../annotations/stream_json.ts";
import { decodePng } from "../codecs/png_decode.ts";
import {
  type ClassInfo,
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type LabelMap,
  MissingSplitError,
  requireSplit,
} from "../dataset.ts";
import { type CocoFile, findCocoFiles } from "./coco.ts";
import { type FilePair, pairDataset } from "./pair_dataset.ts";
import { classesNamed } from "./published_labels.ts";

/**
 * Reads `annotations/panoptic_SPLIT.json` and the PNGs of the folder of the same name, whose colours
 * are numbers of segments (R + 256 G + 65,536 B). Pixels of no segment and those of crowds are ignored
 * (255). Classes stand in the order of their ids.
 */
export const cocoPanopticReader: DatasetReader = {
  name: "coco-panoptic",
  summary: "COCO panoptic: panoptic_SPLIT.json and its PNGs",
  needsDir: true,
  matches: async (dir) => (await findCocoFiles(dir, "panoptic_")).length > 0,
  async open({ dir, split }): Promise<Dataset> {
    const files = await findCocoFiles(dir ?? "", "panoptic_");
    if (files.length === 0) {
      throw new MissingSplitError(
        `Cannot open COCO data in "${dir}": found no panoptic_*.json in it`,
      );
    }
    const splits: Record<string, CocoFile[]> = {};
    for (const file of files) (splits[file.split ?? "train"] ??= []).push(file);
    const [file] = requireSplit(splits, { split, where: `"${dir}"` });
    const { path } = file!;
    const { classes, segments } = await readPanoptic(path);
    const finder = await ImageFinder.below(dir!);
    const folder = relative(dir!, path.slice(0, -extname(path).length)).replaceAll("\\", "/");
    const stem = basename(folder).slice("panoptic_".length);
    const pairs: FilePair[] = [];
    const byFile = new Map<string, Map<number, number>>();
    for (const [name, values] of segments) {
      const label = finder.find(`${basename(folder)}/${name}`, [folder]);
      const image =
        finder.find(`${stem}/${name.replace(/\.png$/i, ".jpg")}`, [stem, `images/${stem}`]) ??
          finder.find(`${stem}/${name}`, [stem, `images/${stem}`]);
      if (label === null || image === null || label === image) {
        const what = label === null || image !== null
          ? `"${name}" in "${folder}"`
          : `for "${name}"`;
        throw new Error(`Cannot open "${path}": there is no picture ${what}`);
      }
      const pair = {
        id: name.slice(0, -extname(name).length),
        image: finder.pathOf(image),
        label: finder.pathOf(label),
      };
      pairs.push(pair);
      byFile.set(pair.label, values);
    }
    const decode = (bytes: Uint8Array, options: { file: string }): LabelMap =>
      decodeSegments(bytes, { ...options, values: byFile.get(options.file)! });
    return pairDataset({
      name: "coco-panoptic",
      split,
      classes,
      ignoreLabel: IGNORE,
      pairs,
      decode,
    });
  },
};

/** Class of each segment of each PNG, by the PNG's name. */
async function readPanoptic(
  path: string,
): Promise<{ classes: ClassInfo[]; segments: Map<string, Map<number, number>> }> {
  const categories = new Map<number, string>();
  const found = new Map<string, [segment: number, category: number | null][]>();
  await streamJson(path, {
    categories: takeRecords(path, "categories", ({ id, name }) => {
      categories.set(wholeOf(id, "its id"), textOf(name, "its name"));
    }),
    annotations: takeRecords(path, "annotations", ({ file_name, segments_info }) => {
      const segments = arrayOf(segments_info, "segments_info").map((
        segment,
      ): [number, number | null] => {
        if (!isRecord(segment)) throw new RangeError("a segment is no object");
        const { id, category_id, iscrowd } = segment;
        const category = wholeOf(category_id, "a segment's category_id");
        return [wholeOf(id, "a segment's id"), iscrowd === 1 ? null : category];
      });
      found.set(textOf(file_name, "its file_name"), segments);
    }),
  });
  return readingOf(path, () => {
    const ids = [...categories.keys()].sort((a, b) => a - b);
    if (ids.length < 1 || ids.length > 255) {
      throw new RangeError(`it has ${ids.length} categories, must be 1 to 255`);
    }
    const segments = new Map<string, Map<number, number>>();
    for (const [name, list] of found) {
      const values = new Map([[0, IGNORE]]);
      for (const [segment, category] of list) {
        const index = category === null ? IGNORE : ids.indexOf(category);
        if (index < 0) throw new RangeError(`a segment has the unknown category_id ${category}`);
        values.set(segment, index);
      }
      segments.set(name, values);
    }
    return { classes: classesNamed(ids.map((id) => categories.get(id)!)), segments };
  });
}

function decodeSegments(
  bytes: Uint8Array,
  { file, values }: { file: string; values: ReadonlyMap<number, number> },
): LabelMap {
  const { width, height, channels, bitDepth, data } = decodePng(bytes, { file });
  if (channels < 3 || bitDepth !== 8) {
    throw new DamagedFileError(`Cannot read segments from "${file}": it is no 8-bit RGB PNG`);
  }
  const label = new Uint8Array(width * height);
  for (let i = 0; i < label.length; i++) {
    const at = i * channels;
    const segment = data[at]! + 256 * data[at + 1]! + 65_536 * data[at + 2]!;
    const value = values.get(segment);
    if (value === undefined) {
      throw new DamagedFileError(
        `Cannot read segments from "${file}": ${segment} at column ${i % width}, row ` +
          `${Math.floor(i / width)} is no segment of its annotation`,
      );
    }
    label[i] = value;
  }
  return { width, height, data: label };
}
