/**
 * Label maps as the servers of benchmarks take them.
 *
 * @module
 */
import { Registry, type RegistryEntry } from "../util/registry.ts";
import { ClassMismatchError, classOrder } from "./class_order.ts";
import type { ClassInfo, LabelMap } from "./dataset.ts";
import { encodePng } from "./codecs/png_encode.ts";
import { CITYSCAPES_CLASSES, CITYSCAPES_LABELS } from "./readers/cityscapes.ts";
import { VOC_CLASSES } from "./readers/voc.ts";
import { vocPalette } from "./readers/voc_palette.ts";
import { resizeLabel } from "./transforms/resize.ts";

/** How a benchmark wants its predictions. */
export interface BenchmarkFormat extends RegistryEntry {
  /** The classes that a network must have, in the order of the format. */
  classes: readonly ClassInfo[];
  /** Makes the PNG of a map of class indices. */
  encode(map: LabelMap): Uint8Array;
}

/** labelId of each train id. */
const LABEL_IDS = CITYSCAPES_CLASSES.map(({ name }) =>
  CITYSCAPES_LABELS.find((label) => label.name === name)!.id
);

const cityscapes: BenchmarkFormat = {
  name: "cityscapes",
  summary: "grey PNG of labelIds at 2048x1024",
  classes: CITYSCAPES_CLASSES,
  encode(map) {
    const { width, height, data } = resizeLabel(map, [1024, 2048]);
    return encodePng({ width, height, channels: 1, data: toLabelIds(data) });
  },
};

const voc: BenchmarkFormat = {
  name: "voc",
  summary: "PNG of class indices with VOC's palette, at the image's size",
  classes: VOC_CLASSES,
  encode: (map) => encodePng({ ...map, channels: 1, palette: vocPalette(256) }),
};

/** The formats by name. */
export const benchmarkFormats: Registry<BenchmarkFormat> = new Registry("benchmark format", [
  cityscapes,
  voc,
]);

/**
 * Turns CityScapes' train ids into its labelIds; what is no train id becomes 0, unlabeled.
 *
 * @example
 * ```ts
 * import { toLabelIds } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...toLabelIds(new Uint8Array([0, 18, 255]))], [7, 33, 0]); // road, bicycle
 * ```
 */
export function toLabelIds(trainIds: Uint8Array): Uint8Array {
  return trainIds.map((trainId) => LABEL_IDS[trainId] ?? 0);
}

/**
 * Matches a network's classes to those of a benchmark by name; case does not count.
 *
 * @returns For each class of the network its index in the benchmark; `null` where both have one
 * order.
 * @throws {ClassMismatchError} If the names differ; the message lists both.
 * @example
 * ```ts
 * import { benchmarkFormats, requireBenchmarkClasses } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const voc = benchmarkFormats.get("voc");
 * assert.equal(requireBenchmarkClasses(voc, voc.classes), null);
 * assert.equal(requireBenchmarkClasses(voc, voc.classes.toReversed())![0], 20);
 * assert.throws(() => requireBenchmarkClasses(voc, []), /the network has the classes none, voc has/);
 * ```
 */
export function requireBenchmarkClasses(
  format: BenchmarkFormat,
  classes: readonly ClassInfo[],
): Uint8Array | null {
  const lower = (infos: readonly ClassInfo[]): string[] =>
    infos.map(({ name }) => name.toLowerCase());
  const network = { subject: "the network", names: lower(classes) };
  try {
    return classOrder(network, { subject: format.name, names: lower(format.classes) });
  } catch (error) {
    const { message } = error as Error;
    throw new ClassMismatchError(`Cannot write the format ${format.name}: ${message}`);
  }
}
