/**
 * What checking one sample finds: label values, sizes and contents, or why it cannot be read.
 *
 * @module
 */
import { sha256 } from "../../util/hash.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { DamagedFileError, type Dataset, type LabelMap, type RgbImage } from "../dataset.ts";
import { sizeMessage } from "../readers/pair_dataset.ts";
import { imageSize } from "./image_size.ts";
import { pictureHash } from "./picture_hash.ts";
import { type RegionSizes, regionSizes } from "./region_sizes.ts";

/** What one sample holds; a fault of the files' contents, or of the disk. */
export type SampleFacts = ReadSample | { fault: string; damaged: boolean };

/** What a sample holds that could be read. */
export interface ReadSample {
  width: number;
  height: number;
  /** Pixels of each label value, and the first of them. */
  values: [value: number, pixels: number, first: number][];
  /** Beginning of the SHA-256 of the image's file, or of its pixels where it has none. */
  content: string;
  /** Absent where the image was not decoded. */
  shown?: ShownFacts;
}

/** What the pixels show. */
export interface ShownFacts {
  /** Sum of each channel's values, and of their squares. */
  sums: number[];
  squares: number[];
  /** Perceptual hash of the image; "" where it is nearly of one colour. */
  hash: string;
  /** Regions of each label value by size. */
  regions: RegionSizes[];
}

/** How much of a sample is looked at. */
export interface CheckDepth {
  /** Whether the image is decoded; else its header does, where that says the size. */
  decodes: boolean;
}

/** Reads a sample's label and its image's size; a fault is a result. */
export async function checkSample(
  dataset: Dataset,
  index: number,
  { decodes }: CheckDepth,
): Promise<SampleFacts> {
  try {
    const { label, image, content } = await readSample(dataset, index, { decodes });
    const facts = { width: label.width, height: label.height, values: valuesOf(label), content };
    if (!decodes || image === null) return facts;
    const { sums, squares } = channelSums(image);
    const regions = regionSizes(label, dataset.ignoreLabel);
    return { ...facts, shown: { sums, squares, hash: pictureHash(image), regions } };
  } catch (error) {
    return { fault: (error as Error).message, damaged: error instanceof DamagedFileError };
  }
}

function valuesOf({ data }: LabelMap): ReadSample["values"] {
  const counts = new Uint32Array(256);
  const firsts = new Int32Array(256).fill(-1);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (counts[value] === 0) firsts[value] = i;
    counts[value]!++;
  }
  const values: ReadSample["values"] = [];
  counts.forEach((count, value) => count > 0 && values.push([value, count, firsts[value]!]));
  return values;
}

/** By value: 256 squares in place of one for each pixel. */
function channelSums({ data, channels = 3 }: RgbImage): Pick<ShownFacts, "sums" | "squares"> {
  const counts = new Uint32Array(256);
  const [sums, squares]: [number[], number[]] = [[], []];
  for (let c = 0; c < channels; c++) {
    counts.fill(0);
    for (let i = c; i < data.length; i += channels) counts[data[i]!]!++;
    sums.push(counts.reduce((sum, count, value) => sum + count * value, 0));
    squares.push(counts.reduce((sum, count, value) => sum + count * value ** 2, 0));
  }
  return { sums, squares };
}

async function readSample(
  dataset: Dataset,
  index: number,
  { decodes }: CheckDepth,
): Promise<{ label: LabelMap; image: RgbImage | null; content: string }> {
  if (dataset.files === undefined) {
    const { image, label } = await dataset.read(index);
    return { image, label, content: contentOf(Uint32Array.of(image.width, image.height), image) };
  }
  const { image: file, label: labelFile } = dataset.files(index);
  const bytes = await readBytes(file);
  const content = contentOf(bytes);
  const size = decodes || dataset.readLabel === undefined ? null : imageSize(bytes);
  // Compares the sizes itself, of the picture as it is read
  if (size === null) return { ...await dataset.read(index), content };
  const label = await dataset.readLabel!(index);
  if (size.width === label.width && size.height === label.height) {
    return { label, image: null, content };
  }
  throw new DamagedFileError(sizeMessage({
    id: dataset.ids[index]!,
    image: { ...size, file },
    label: { ...label, file: labelFile },
  }));
}

function contentOf(head: ArrayBufferView, image?: RgbImage): string {
  return sha256([head, ...image === undefined ? [] : [image.data]]).slice(0, 32);
}
