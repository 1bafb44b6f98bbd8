/** A data set of image and label files in pairs: what most readers open. */
import type { ClassInfo, Dataset, LabelMap, Sample } from "../dataset.ts";
import { decodeImage } from "../codecs/decode_image.ts";
import { decodeLabel } from "../codecs/decode_label.ts";
import { readBytes } from "../codecs/read_bytes.ts";

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
  decode?: (bytes: Uint8Array, options: { file: string }) => LabelMap;
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
    async read(index): Promise<Sample> {
      const pair = pairAt(index);
      const [imageBytes, labelBytes] = await Promise.all([
        readBytes(pair.image),
        readBytes(pair.label),
      ]);
      const image = await decodeImage(imageBytes, { file: pair.image });
      const label = decode(labelBytes, { file: pair.label });
      if (image.width !== label.width || image.height !== label.height) {
        throw new RangeError(
          `Cannot use sample "${pair.id}": image "${pair.image}" is ${image.width}x` +
            `${image.height}, label "${pair.label}" is ${label.width}x${label.height}, they must ` +
            `be of one size`,
        );
      }
      return { id: pair.id, image, label };
    },
  };
}
