/**
 * The benchmark's scores of a network's predictions on a CityScapes split.
 *
 * @module
 */
import { toLabelIds } from "../data/benchmark_formats.ts";
import type { Dataset, LabelMap } from "../data/dataset.ts";
import { resizeLabel } from "../data/transforms/resize.ts";
import { CityscapesEvaluation, type CityscapesScores } from "./cityscapes.ts";

/** Takes predictions one by one. */
export interface CityscapesScorer {
  /**
   * Adds the prediction of a sample, class indices of any size; it is compared at the size of the
   * truth, brought there by the nearest pixel.
   *
   * @throws {Error} If the sample's instance map cannot be read or is none; names the file or sample.
   */
  add(index: number, prediction: LabelMap): Promise<void>;
  /** Scores of all samples added so far. */
  scores(): CityscapesScores;
}

/**
 * Scores class maps of a CityScapes split against its instance maps, which hold the labelIds too.
 *
 * @throws {TypeError} If the data set has no instance maps.
 * @example
 * ```ts
 * import { cityscapesScorer, openDataset } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const dataset = await openDataset("fixtures", { split: "val" });
 * assert.throws(() => cityscapesScorer(dataset), /fixtures has no instance maps/);
 * // A road pixel that was found, and one of a car that was not.
 * const map = { width: 2, height: 1 };
 * const readInstances = () => Promise.resolve({ ...map, data: new Uint16Array([7, 26001]) });
 * const scorer = cityscapesScorer({ ...dataset, readInstances });
 * await scorer.add(0, { ...map, data: new Uint8Array([0, 0]) });
 * assert.equal(scorer.scores().classIoU, 0.25);
 * ```
 */
export function cityscapesScorer(
  dataset: Pick<Dataset, "name" | "ids" | "readInstances">,
): CityscapesScorer {
  const { name, ids, readInstances } = dataset;
  if (readInstances === undefined) {
    throw new TypeError(`Cannot score as CityScapes does: ${name} has no instance maps`);
  }
  const evaluation = new CityscapesEvaluation();
  return {
    async add(index, prediction) {
      const { width, height, data: instances } = await readInstances(index);
      const largest = instances.reduce((a, b) => Math.max(a, b), 0);
      if (largest >= 34_000) {
        throw new RangeError(
          `Cannot score sample "${ids[index]}": ${largest} in its instance map is neither a ` +
            `labelId (0..33) nor labelId·1000 + number`,
        );
      }
      const { data } = resizeLabel(prediction, [height, width]);
      evaluation.add({
        truth: instances.map((value) => value < 1000 ? value : Math.floor(value / 1000)),
        prediction: toLabelIds(data),
        instances,
      });
    },
    scores: () => evaluation.scores(),
  };
}
