/** A data set of image and label files in pairs: what most readers open. */
import { readFile, stat } from "node:fs/promises";
import type { ClassInfo, Dataset, LabelMap, Sample } from "../dataset.ts";
import { decodeImage } from "../image/decode_image.ts";
import { decodeLabel } from "../image/decode_label.ts";

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

/** More than any image or label takes, less than any machine has. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads a file. A pipe or a device, which a link may lead to, is refused unread: it could block or
 * never end.
 *
 * @throws {Error} If it cannot be read; the message names the file and the cause.
 * @throws {RangeError} If it is larger than 1 GiB.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new Error(`Cannot read "${path}": ${why}`, { cause });
  };
  try {
    const found = await stat(path);
    if (found.isDirectory()) refuse("it is a folder");
    if (!found.isFile()) refuse("it is no file but a pipe or a device");
    if (found.size > MAX_BYTES) {
      throw new RangeError(
        `Cannot read "${path}": it has ${(found.size / MAX_BYTES).toFixed(1)} GiB, more than any ` +
          `image or label: the most is 1 GiB`,
      );
    }
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT") refuse("there is no such file", error);
    if (code === "ELOOP") refuse("its links lead in a circle", error);
    if (code === "EACCES" || code === "EPERM") refuse("no right to read it", error);
    return refuse(message, error);
  }
}
