/**
 * What checking one sample finds: label values and sizes, or why it cannot be read.
 *
 * @module
 */
import { readBytes } from "../codecs/read_bytes.ts";
import { DamagedFileError, type Dataset, type LabelMap } from "../dataset.ts";
import { sizeMessage } from "../readers/pair_dataset.ts";
import { imageSize } from "./image_size.ts";

/** Pixels of each label value; a fault of the files' contents, or of the disk. */
export type SampleFacts =
  | { width: number; height: number; values: [value: number, pixels: number, first: number][] }
  | { fault: string; damaged: boolean };

/** Reads a sample's label and its image's size; a fault is a result. */
export async function checkSample(dataset: Dataset, index: number): Promise<SampleFacts> {
  try {
    const label = await labelOf(dataset, index);
    const counts = new Uint32Array(256);
    const firsts = new Int32Array(256).fill(-1);
    for (let i = 0; i < label.data.length; i++) {
      const value = label.data[i]!;
      if (counts[value] === 0) firsts[value] = i;
      counts[value]!++;
    }
    const values: [number, number, number][] = [];
    counts.forEach((count, value) => count > 0 && values.push([value, count, firsts[value]!]));
    return { width: label.width, height: label.height, values };
  } catch (error) {
    return { fault: (error as Error).message, damaged: error instanceof DamagedFileError };
  }
}

async function labelOf(dataset: Dataset, index: number): Promise<LabelMap> {
  if (dataset.readLabel === undefined || dataset.files === undefined) {
    return (await dataset.read(index)).label;
  }
  const { image: file, label: labelFile } = dataset.files(index);
  const image = imageSize(await readBytes(file));
  // Compares the sizes itself, of the picture as it is read
  if (image === null) return (await dataset.read(index)).label;
  const label = await dataset.readLabel(index);
  if (image.width === label.width && image.height === label.height) return label;
  throw new DamagedFileError(sizeMessage({
    id: dataset.ids[index]!,
    image: { ...image, file },
    label: { ...label, file: labelFile },
  }));
}
