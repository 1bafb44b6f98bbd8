/**
 * The images of a validation pass, one at a time.
 *
 * @module
 */
import type { NormalizeConfig } from "../config/config.ts";
import type { Dataset } from "./dataset.ts";
import { fitImage, fitLabel, type FitOptions, type FittedImage } from "./fit_image.ts";
import { remapLabels } from "./remap_labels.ts";

/** One image to score. */
export interface EvaluationItem extends FittedImage {
  id: string;
  /** Class indices, `[height * width]`; 255 is ignored. Owned by the receiver. */
  label: Uint8Array;
}

/** How an image is brought before the network. */
export interface EvaluationOptions extends FitOptions {
  normalize: NormalizeConfig;
}

/**
 * Gives every sample of a split in order, normalised. One is prepared ahead.
 *
 * @throws {RangeError} If a label value is neither a class nor the ignore label.
 * @throws {Error} If a sample cannot be read; the message names the file.
 * @example
 * ```ts
 * import { evaluationItems, type NormalizeConfig, openDataset } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const dataset = await openDataset("fixtures", { split: "val" });
 * const normalize: NormalizeConfig = { order: "rgb", mean: [124, 117, 104], std: [1, 1, 1] };
 * for await (const item of evaluationItems(dataset, { normalize, resize: [32, 32] })) {
 *   assert.equal(item.label.length, 32 * 32);
 * }
 * ```
 */
export async function* evaluationItems(
  dataset: Dataset,
  options: EvaluationOptions,
): AsyncGenerator<EvaluationItem> {
  const load = (index: number): Promise<EvaluationItem> => {
    const item = prepareItem(dataset, index, options);
    item.catch(() => {}); // awaited below; until then a failure is no unhandled rejection
    return item;
  };
  const count = dataset.ids.length;
  let next = count > 0 ? load(0) : undefined;
  for (let index = 0; index < count; index++) {
    const item = await next!;
    if (index + 1 < count) next = load(index + 1);
    yield item;
  }
}

async function prepareItem(
  dataset: Dataset,
  index: number,
  options: EvaluationOptions,
): Promise<EvaluationItem> {
  const sample = await dataset.read(index);
  const { width: columns } = sample.label;
  const label = new Uint8Array(sample.label.data);
  remapLabels(label, { ...dataset, where: `sample "${sample.id}"`, width: columns });
  return {
    id: sample.id,
    ...fitImage(sample.image, options),
    label: fitLabel({ ...sample.label, data: label }, options).data,
  };
}
