/**
 * Label maps as the servers of benchmarks take them.
 *
 * @module
 */
import { Registry, type RegistryEntry } from "../util/registry.ts";
import type { ClassInfo, LabelMap } from "./dataset.ts";
import { encodePng } from "./codecs/png_encode.ts";
import { CITYSCAPES_CLASSES, CITYSCAPES_LABELS } from "./readers/cityscapes.ts";
import { VOC_CLASSES, vocPalette } from "./readers/voc.ts";
import { resizeLabel } from "./transforms/resize.ts";

/** How a benchmark wants its predictions. */
export interface BenchmarkFormat extends RegistryEntry {
  /** The classes that a network must have, in this order. */
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
 * Checks that a network's classes are those of a benchmark, in its order; case does not count.
 *
 * @throws {RangeError} If they are not; names the first that differs.
 * @example
 * ```ts
 * import { benchmarkFormats, requireBenchmarkClasses } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const voc = benchmarkFormats.get("voc");
 * requireBenchmarkClasses(voc, voc.classes);
 * assert.throws(() => requireBenchmarkClasses(voc, []), /has 0 classes, voc has 21/);
 * ```
 */
export function requireBenchmarkClasses(
  format: BenchmarkFormat,
  classes: readonly ClassInfo[],
): void {
  const wanted = format.classes;
  if (classes.length !== wanted.length) {
    throw new RangeError(
      `Cannot write the format ${format.name}: the network has ${classes.length} classes, ` +
        `${format.name} has ${wanted.length}`,
    );
  }
  const wrong = classes.findIndex(({ name }, c) =>
    name.toLowerCase() !== wanted[c]!.name.toLowerCase()
  );
  if (wrong < 0) return;
  throw new RangeError(
    `Cannot write the format ${format.name}: the network's class ${wrong} is ` +
      `"${classes[wrong]!.name}", ${format.name} has "${wanted[wrong]!.name}" there`,
  );
}
