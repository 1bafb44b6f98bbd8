/**
 * The images of a validation pass, one at a time.
 *
 * @module
 */
import type { NormalizeConfig, Size } from "../config/config.ts";
import type { Dataset } from "./dataset.ts";
import { normalizeInto } from "./normalize.ts";
import { remapLabels } from "./remap_labels.ts";
import { resizeImage, resizeLabel } from "./resize.ts";

/** One image to score. */
export interface EvaluationItem {
  id: string;
  height: number;
  width: number;
  /** Normalised pixels, `[height * width * 3]`. Owned by the receiver. */
  image: Float32Array;
  /** Class indices, `[height * width]`; 255 is ignored. Owned by the receiver. */
  label: Uint8Array;
}

/** How an image is brought before the network. */
export interface EvaluationOptions {
  normalize: NormalizeConfig;
  /**
   * Height and width to resize to, image bilinearly and label by the nearest pixel; `null` keeps
   * the original size.
   *
   * @default null
   */
  resize?: Size | null;
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
  const resize = options.resize ?? null;
  const [height, width] = resize ?? [sample.image.height, sample.image.width];
  const same = height === sample.image.height && width === sample.image.width;
  const pixels = same ? sample.image.data : resizeImage(sample.image, [height, width]);
  const image = pixels instanceof Float32Array ? pixels : new Float32Array(pixels.length);
  normalizeInto(pixels, image, options.normalize);
  return {
    id: sample.id,
    height,
    width,
    image,
    label: same ? label : resizeLabel({ ...sample.label, data: label }, [height, width]).data,
  };
}
