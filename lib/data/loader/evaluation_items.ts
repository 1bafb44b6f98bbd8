/**
 * The images of a validation pass, one at a time.
 *
 * @module
 */
import type { NormalizeConfig } from "../../config/config.ts";
import type { Dataset } from "../dataset.ts";
import type { FitOptions, FittedImage } from "../transforms/fit_image.ts";
import { itemSource } from "./item_source.ts";

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
 * Gives every sample of a split in order, normalised. One is prepared ahead, or several in threads
 * where there are enough images to pay for their start; the bits are the same.
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
  const source = itemSource(dataset, options);
  const waiting: Promise<EvaluationItem>[] = [];
  const count = dataset.ids.length;
  let next = 0;
  const ask = (most: number): void => {
    while (waiting.length < most && next < count) {
      const item = source.prepare(next++);
      item.catch(() => {}); // awaited below; until then a failure is no unhandled rejection
      waiting.push(item);
    }
  };
  try {
    for (let index = 0; index < count; index++) {
      ask(1 + source.ahead);
      const item = await waiting.shift()!;
      ask(1);
      yield item;
    }
  } finally {
    await source.close();
  }
}
