/**
 * What a data set holds, in a few hashes: so that a resumed run notices when it has changed.
 *
 * @module
 */
import { sha256 } from "../util/hash.ts";
import { readBytes } from "./codecs/read_bytes.ts";
import { type ClassInfo, DamagedFileError, type Dataset } from "./dataset.ts";
import { fileStates } from "./scan/file_states.ts";

/** Samples whose contents are hashed, evenly over the split, unless all are. */
export const HASHED_SAMPLES = 64;

/** Hexadecimal digits of the hash of one sample. */
const DIGITS = 16;

/** A split of a data set in hashes. */
export interface DataFingerprint {
  classes: ClassInfo[];
  ignoreLabel: number;
  samples: number;
  /** SHA-256 of the names, in order. */
  idsSha256: string;
  /** Bytes of all files, and the SHA-256 of their sizes in order; `null` where samples are no files. */
  files: { bytes: number; sizesSha256: string } | null;
  /**
   * The beginnings of the SHA-256 of samples' contents: the i-th of n is that of sample
   * ⌊i · samples / n⌋. Files are hashed as they are, other samples by their pixels.
   */
  hashes: string[];
}

/**
 * Takes the fingerprint of a split: names, classes, ignore label, the sizes of all files and the
 * contents of some.
 *
 * @param options `full`: hash the contents of all samples, and not of {@linkcode HASHED_SAMPLES}.
 * @throws {Error} If a file cannot be read.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { fingerprintDataset } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const val = await openDataset("fixtures", { split: "val" });
 * const { samples, hashes } = await fingerprintDataset(val);
 * assert.deepEqual([samples, hashes.length], [8, 8]);
 * ```
 */
export async function fingerprintDataset(
  dataset: Dataset,
  { full = false }: { full?: boolean } = {},
): Promise<DataFingerprint> {
  const { classes, ignoreLabel, ids } = dataset;
  const count = full ? ids.length : Math.min(HASHED_SAMPLES, ids.length);
  const hashes: string[] = [];
  for (let i = 0; i < count; i++) {
    hashes.push(await hashSample(dataset, hashedIndex(i, { count, samples: ids.length })));
  }
  return {
    classes,
    ignoreLabel,
    samples: ids.length,
    idsSha256: sha256([new TextEncoder().encode(ids.join("\n"))]),
    files: await sizesOf(dataset),
    hashes,
  };
}

/** What differs between two states of a split, a line each. */
export interface DataDifference {
  text: string;
  /** Whether scores of the split are not comparable any more. */
  affectsScores: boolean;
}

/**
 * Compares two fingerprints of a split.
 *
 * @param what What the split is called: `training data`.
 * @param ids Names of the samples as they are now.
 */
export function compareFingerprints(
  then: DataFingerprint,
  now: DataFingerprint,
  { what, ids }: { what: string; ids: readonly string[] },
): DataDifference[] {
  const namesOf = ({ classes }: DataFingerprint): string[] => classes.map(({ name }) => name);
  const colorsOf = ({ classes }: DataFingerprint): number[][] => classes.map(({ color }) => color);
  const changed = (
    name: string,
    of: (fingerprint: DataFingerprint) => unknown,
    affectsScores = true,
  ): DataDifference[] => {
    const [before, after] = [then, now].map((one) => JSON.stringify(of(one)));
    return before === after
      ? []
      : [{ text: `${name} of the ${what} ${before} became ${after}`, affectsScores }];
  };
  const lists = [
    ...changed("classes", namesOf),
    ...changed("colours of the classes", colorsOf, false),
    ...changed("ignore label", ({ ignoreLabel }) => ignoreLabel),
    ...changed("number of samples", ({ samples }) => samples),
  ];
  if (then.samples !== now.samples) return lists;
  return [
    ...lists,
    ...changed("names of the samples", ({ idsSha256 }) => idsSha256),
    ...compareFiles(then, now, what),
    ...compareContents(then, now, { what, ids }),
  ];
}

function compareFiles(
  then: DataFingerprint,
  now: DataFingerprint,
  what: string,
): DataDifference[] {
  if (then.files?.sizesSha256 === now.files?.sizesSha256) return [];
  const [before, after] = [then, now].map(({ files }) =>
    files === null ? "no files" : `${files.bytes} bytes in all`
  );
  return [{
    text: `sizes of the files of the ${what}, ${before} became ${after}`,
    affectsScores: true,
  }];
}

/** Compares the samples that both have hashed. */
function compareContents(
  then: DataFingerprint,
  now: DataFingerprint,
  { what, ids }: { what: string; ids: readonly string[] },
): DataDifference[] {
  const { samples } = now;
  const before = new Map(then.hashes.map((hash, i) => (
    [hashedIndex(i, { count: then.hashes.length, samples }), hash] as const
  )));
  const common = now.hashes.flatMap((hash, i) => {
    const index = hashedIndex(i, { count: now.hashes.length, samples });
    const other = before.get(index);
    return other === undefined ? [] : [{ index, isSame: hash === other }];
  });
  const others = common.filter(({ isSame }) => !isSame);
  if (others.length === 0) return [];
  const first = JSON.stringify(ids[others[0]!.index]);
  const text =
    `contents of ${others.length} of ${common.length} compared samples of the ${what}, ` +
    `the first is ${first}`;
  return [{ text, affectsScores: true }];
}

function hashedIndex(
  i: number,
  { count, samples }: { count: number; samples: number },
): number {
  return Math.floor(i * samples / count);
}

async function hashSample(dataset: Dataset, index: number): Promise<string> {
  return sha256(await contentOf(dataset, index)).slice(0, DIGITS);
}

async function contentOf(dataset: Dataset, index: number): Promise<Uint8Array[]> {
  try {
    const files = dataset.files?.(index);
    if (files !== undefined && dataset.labelsShareFiles !== true) {
      return [await readBytes(files.image), await readBytes(files.label)];
    }
    const { image, label } = await dataset.read(index);
    const size = new TextEncoder().encode(`${image.width}x${image.height}`);
    return [size, image.data, label.data];
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    return [new TextEncoder().encode("damaged")];
  }
}

async function sizesOf(dataset: Dataset): Promise<DataFingerprint["files"]> {
  const { files, ids } = dataset;
  if (files === undefined) return null;
  const paths = ids.flatMap((_, index) => {
    const { image, label } = files.call(dataset, index);
    return [image, label];
  });
  // A missing file is an error where its sample is read
  const sizes = (await fileStates(paths)).map(({ size }) => Math.max(0, size));
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    sizesSha256: sha256([new TextEncoder().encode(sizes.join("\n"))]),
  };
}
