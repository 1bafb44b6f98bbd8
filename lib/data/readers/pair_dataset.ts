/** A data set of image and label files in pairs: what most readers open. */
import {
  type ClassInfo,
  DamagedFileError,
  type Dataset,
  type LabelMap,
  type Sample,
} from "../dataset.ts";
import { decodeImage, decodeLabel } from "../codecs/decode.ts";
import { readBytes } from "../codecs/read_bytes.ts";

interface SizedFile {
  width: number;
  height: number;
  file: string;
}

/** Says that an image and its label differ in size. */
export function sizeMessage(
  { id, image, label }: { id: string; image: SizedFile; label: SizedFile },
): string {
  const isTurned = image.width === label.height && image.height === label.width;
  return `Cannot use sample "${id}": image "${image.file}" is ${image.width}x${image.height}, ` +
    `label "${label.file}" is ${label.width}x${label.height}, they must be of one size` +
    (isTurned ? "; one is turned against the other, as by an EXIF orientation" : "");
}

/** Paths of one sample. */
export interface FilePair {
  id: string;
  image: string;
  label: string;
}

/** A split whose files are known. */
export interface PairDatasetOptions {
  name: string;
  split: string;
  classes: ClassInfo[];
  ignoreLabel: number;
  pairs: FilePair[];
  /**
   * Turns a label file into class indices.
   *
   * @default decodeLabel
   */
  decode?: (bytes: Uint8Array, options: { file: string }) => LabelMap | Promise<LabelMap>;
}

/** Makes a data set that reads, decodes and compares the two files of a sample on demand. */
export function pairDataset(options: PairDatasetOptions): Dataset {
  const { name, split, classes, ignoreLabel, pairs, decode = decodeLabel } = options;
  const pairAt = (index: number): FilePair => {
    const pair = pairs[index];
    if (pair) return pair;
    throw new RangeError(`Cannot read sample ${index} of ${pairs.length} in split "${split}"`);
  };
  return {
    name,
    split,
    classes,
    ignoreLabel,
    ids: pairs.map((pair) => pair.id),
    files(index): { image: string; label: string } {
      const { image, label } = pairAt(index);
      return { image, label };
    },
    async readLabel(index): Promise<LabelMap> {
      const { label } = pairAt(index);
      return await decode(await readBytes(label), { file: label });
    },
    async read(index, pictures): Promise<Sample> {
      const pair = pairAt(index);
      const [imageBytes, labelBytes] = await Promise.all([
        readBytes(pair.image),
        readBytes(pair.label),
      ]);
      const image = await decodeImage(imageBytes, { ...pictures, file: pair.image });
      const label = await decode(labelBytes, { file: pair.label });
      if (image.width !== label.width || image.height !== label.height) {
        const { id } = pair;
        throw new DamagedFileError(sizeMessage({
          id,
          image: { ...image, file: pair.image },
          label: { ...label, file: pair.label },
        }));
      }
      return { id: pair.id, image, label };
    },
  };
}

/** What to join, and the names for an error. */
export interface MatchOptions {
  /** Name to path. */
  images: Map<string, string>;
  labels: Map<string, string>;
  /** The names that the split holds, in order; all images if not given. */
  ids?: string[];
  /** Where they should lie. */
  imageFolder: string;
  labelFolder: string;
  /** Names the split in an error. */
  where: string;
}

/**
 * The pairs of a split, in order.
 *
 * @throws {Error} If an image or a label lacks its partner; names the first and their number.
 */
export function matchPairs(options: MatchOptions): FilePair[] {
  const { images, labels, imageFolder, labelFolder, where } = options;
  const ids = options.ids ?? [...images.keys()];
  const lacking = (folder: string, names: string[], what: string): void => {
    if (names.length === 0) return;
    throw new Error(
      `Cannot open ${where}: no ${what} named "${names[0]}" in "${folder}"` +
        (names.length > 1 ? `, nor ${names.length - 1} more` : ""),
    );
  };
  // Without a list every label must have its image too.
  const wanted = options.ids ?? [...labels.keys()];
  lacking(imageFolder, wanted.filter((id) => !images.has(id)), "image");
  lacking(labelFolder, ids.filter((id) => !labels.has(id)), "label");
  return ids.map((id) => ({ id, image: images.get(id)!, label: labels.get(id)! }));
}
