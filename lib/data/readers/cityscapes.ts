/**
 * Reader of CityScapes with fine annotations, as published.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  DamagedFileError,
  type Dataset,
  type DatasetReader,
  type InstanceMap,
  type LabelMap,
  MissingSplitError,
} from "../dataset.ts";
import { decodeLabel, readImage } from "../codecs/decode.ts";
import { decodePng } from "../codecs/png_decode.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { CITYSCAPES_CLASSES, CITYSCAPES_LABELS } from "./cityscapes_labels.ts";
import { IMAGE_EXTENSIONS, indexFolder, isFolder } from "./listing.ts";
import { matchPairs, pairDataset } from "./pair_dataset.ts";

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
    async read(index) {
      const id = ids[index];
      if (id === undefined) {
        throw new RangeError(
          `Cannot read sample ${index} of ${ids.length} in split "${shared.split}"`,
        );
      }
      const file = images.get(id)!;
      const image = await readImage(file);
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
