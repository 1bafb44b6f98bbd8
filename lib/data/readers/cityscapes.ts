/**
 * CityScapes with fine annotations, as published: its label table and its reader.
 *
 * @module
 */
import {
  type ClassInfo,
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type InstanceMap,
  type LabelMap,
  MissingSplitError,
} from "../dataset.ts";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeLabel } from "../codecs/decode.ts";
import { readImage } from "../codecs/read_image.ts";
import { decodePng } from "../codecs/png_decode.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFolder } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";

/** One label of CityScapes, as its ground truth numbers it. */
export interface CityscapesLabel {
  /** Pixel value in `*_labelIds.png`. */
  id: number;
  name: string;
  /** Class index for training, or 255 where the label is left out. */
  trainId: number;
  /** One of the eight groups that the category scores use; `void` is left out. */
  category: CityscapesCategory;
  /** Whether single objects are numbered in `*_instanceIds.png`. */
  instances: boolean;
  color: ClassInfo["color"];
}

/** The groups of CityScapes' labels. */
export type CityscapesCategory =
  | "void"
  | "flat"
  | "construction"
  | "object"
  | "nature"
  | "sky"
  | "human"
  | "vehicle";

/** Id, name, train id, category, instances, colour. */
type Row = [number, string, number, CityscapesCategory, boolean, ClassInfo["color"]];
const ROWS: Row[] = [
  [0, "unlabeled", 255, "void", false, [0, 0, 0]],
  [1, "ego vehicle", 255, "void", false, [0, 0, 0]],
  [2, "rectification border", 255, "void", false, [0, 0, 0]],
  [3, "out of roi", 255, "void", false, [0, 0, 0]],
  [4, "static", 255, "void", false, [0, 0, 0]],
  [5, "dynamic", 255, "void", false, [111, 74, 0]],
  [6, "ground", 255, "void", false, [81, 0, 81]],
  [7, "road", 0, "flat", false, [128, 64, 128]],
  [8, "sidewalk", 1, "flat", false, [244, 35, 232]],
  [9, "parking", 255, "flat", false, [250, 170, 160]],
  [10, "rail track", 255, "flat", false, [230, 150, 140]],
  [11, "building", 2, "construction", false, [70, 70, 70]],
  [12, "wall", 3, "construction", false, [102, 102, 156]],
  [13, "fence", 4, "construction", false, [190, 153, 153]],
  [14, "guard rail", 255, "construction", false, [180, 165, 180]],
  [15, "bridge", 255, "construction", false, [150, 100, 100]],
  [16, "tunnel", 255, "construction", false, [150, 120, 90]],
  [17, "pole", 5, "object", false, [153, 153, 153]],
  [18, "polegroup", 255, "object", false, [153, 153, 153]],
  [19, "traffic light", 6, "object", false, [250, 170, 30]],
  [20, "traffic sign", 7, "object", false, [220, 220, 0]],
  [21, "vegetation", 8, "nature", false, [107, 142, 35]],
  [22, "terrain", 9, "nature", false, [152, 251, 152]],
  [23, "sky", 10, "sky", false, [70, 130, 180]],
  [24, "person", 11, "human", true, [220, 20, 60]],
  [25, "rider", 12, "human", true, [255, 0, 0]],
  [26, "car", 13, "vehicle", true, [0, 0, 142]],
  [27, "truck", 14, "vehicle", true, [0, 0, 70]],
  [28, "bus", 15, "vehicle", true, [0, 60, 100]],
  [29, "caravan", 255, "vehicle", true, [0, 0, 90]],
  [30, "trailer", 255, "vehicle", true, [0, 0, 110]],
  [31, "train", 16, "vehicle", true, [0, 80, 100]],
  [32, "motorcycle", 17, "vehicle", true, [0, 0, 230]],
  [33, "bicycle", 18, "vehicle", true, [119, 11, 32]],
];

/** All 34 labels; index = id. */
export const CITYSCAPES_LABELS: readonly CityscapesLabel[] = ROWS.map(
  ([id, name, trainId, category, instances, color]) => ({
    id,
    name,
    trainId,
    category,
    instances,
    color,
  }),
);

/** The 19 classes that are trained and scored; index = train id. */
export const CITYSCAPES_CLASSES: ClassInfo[] = CITYSCAPES_LABELS
  .filter(({ trainId }) => trainId !== 255)
  .sort((a, b) => a.trainId - b.trainId)
  .map(({ name, color }) => ({ name, color }));

const IGNORE = 255;
const TO_TRAIN_ID = Uint8Array.from(CITYSCAPES_LABELS, ({ trainId }) => trainId);

/**
 * Reads `leftImg8bit/SPLIT/CITY/*_leftImg8bit.png` and `gtFine/SPLIT/CITY/*_gtFine_labelIds.png`,
 * whose 34 ids become the 19 train ids; the others are ignored (255). The truth of `test` is not
 * published: without its files every pixel is ignored. `readInstances` gives the
 * `*_instanceIds.png` that the instance-weighted scores need.
 */
export const cityscapesReader: DatasetReader = {
  name: "cityscapes",
  summary: "CityScapes, leftImg8bit and gtFine; 19 classes; splits train, val, test",
  needsDir: true,
  matches: (dir) => isFolder(join(dir, "leftImg8bit")),
  async open({ dir, split }): Promise<Dataset> {
    const root = dir ?? "";
    const photos = join(root, "leftImg8bit");
    if (!(await isFolder(photos))) {
      throw new Error(`Cannot open CityScapes data in "${dir}": found no folder leftImg8bit in it`);
    }
    const splits = (await readdir(photos)).sort();
    const imageFolder = join(photos, split);
    const labelFolder = join(root, "gtFine", split);
    const where = `split "${split}" of "${root}"`;
    if (!splits.includes(split) || !(await isFolder(imageFolder))) {
      throw new MissingSplitError(
        `Cannot open ${where}: there is none of that name, available: ${splits.join(", ")}`,
      );
    }
    const suffix = "_leftImg8bit";
    const images = await indexFolder(imageFolder, { extensions: IMAGE_EXTENSIONS, suffix });
    const ids = [...images.keys()];
    if (ids.length === 0) {
      throw new MissingSplitError(
        `Cannot open ${where}: no file *_leftImg8bit.png in "${imageFolder}"`,
      );
    }
    const labels = await indexMaps(labelFolder, "_gtFine_labelIds");
    const shared = { name: "cityscapes", split, classes: CITYSCAPES_CLASSES, ignoreLabel: IGNORE };
    if (split === "test" && labels.size === 0) return unlabelled(images, shared);
    const pairs = matchPairs({ images, labels, ids, imageFolder, labelFolder, where });
    const instances = await indexMaps(labelFolder, "_gtFine_instanceIds");
    return {
      ...pairDataset({ ...shared, pairs, decode: decodeLabelIds }),
      readInstances: (index) => readInstances(instances.get(ids[index]!), ids[index]!),
    };
  },
};

async function indexMaps(folder: string, suffix: string): Promise<Map<string, string>> {
  if (!(await isFolder(folder))) return new Map();
  return await indexFolder(folder, { extensions: [".png"], suffix });
}

/** Photographs without truth: every pixel is to be ignored. */
function unlabelled(
  images: Map<string, string>,
  shared: Pick<Dataset, "name" | "split" | "classes" | "ignoreLabel">,
): Dataset {
  const ids = [...images.keys()];
  return {
    ...shared,
    ids,
    async read(index, pictures) {
      const id = ids[index];
      if (id === undefined) {
        throw new RangeError(
          `Cannot read sample ${index} of ${ids.length} in split "${shared.split}"`,
        );
      }
      const file = images.get(id)!;
      const image = await readImage(file, pictures);
      const { width, height } = image;
      const data = new Uint8Array(width * height).fill(IGNORE);
      return { id, image, label: { width, height, data } };
    },
  };
}

/**
 * Decodes a map of label ids into train ids.
 *
 * @throws {DamagedFileError} If a value is no label id.
 */
export function decodeLabelIds(bytes: Uint8Array, { file }: { file: string }): LabelMap {
  const label = decodeLabel(bytes, { file });
  const { data, width } = label;
  for (let i = 0; i < data.length; i++) {
    const trainId = TO_TRAIN_ID[data[i]!];
    if (trainId === undefined) {
      throw new DamagedFileError(
        `Cannot read labels from "${file}": ${data[i]} at column ${i % width}, row ` +
          `${Math.floor(i / width)} is no CityScapes label id (0..33)`,
      );
    }
    data[i] = trainId;
  }
  return label;
}

async function readInstances(file: string | undefined, id: string): Promise<InstanceMap> {
  if (file === undefined) {
    throw new Error(`Cannot read the instances of "${id}": there is no *_gtFine_instanceIds.png`);
  }
  const { width, height, channels, data } = decodePng(await readBytes(file), { file });
  if (channels !== 1) {
    throw new DamagedFileError(`Cannot read instances from "${file}": it is no 16-bit grey PNG`);
  }
  return { width, height, data: Uint16Array.from(data) };
}
