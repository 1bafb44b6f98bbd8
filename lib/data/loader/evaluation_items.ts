/**
 * The images of a validation pass, one at a time.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";
import {
  type EvaluationItem,
  type EvaluationOptions,
  prepareEvaluationItem,
} from "../transforms/prepare_sample.ts";
import type { EvaluationWork } from "./_loader_worker.ts";
import { chooseWorkers, type SampleLoader, sampleLoader } from "./sample_loader.ts";

/**
 * Gives every sample of a split in order, normalised. One is prepared ahead, or several in worker
 * threads where there are enough images to pay for their start: bit-identical.
 *
 * @throws {DamagedFileError} If the content of a file is at fault, or a label value is neither a
 * class nor the ignore label; the message names the file or the sample.
 * @throws {Error} If a sample cannot be read; the message names the file.
 * @example
 * ```ts
 * import { type NormalizeConfig, openDataset } from "@segadv/segadv";
 * import { evaluationItems } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const dataset = await openDataset("fixtures", { split: "val" });
 * const normalize: NormalizeConfig = { order: "rgb", mean: [124, 117, 104], std: [1, 1, 1] };
 * for await (const item of evaluationItems(dataset, { normalize, resize: [32, 32] })) {
 *   assert.deepEqual([item.image.length, item.label.length], [32 * 32 * 3, 64 * 64]);
 * }
 * ```
 */
export async function* evaluationItems(
  dataset: Dataset,
  options: EvaluationOptions,
): AsyncGenerator<EvaluationItem> {
  const loader = evaluationLoader(dataset, options);
  const waiting: Promise<EvaluationItem>[] = [];
  const count = dataset.ids.length;
  const group = {};
  let next = 0;
  const request = (most: number): void => {
    while (waiting.length < most && next < count) {
      const item = loader.load({ index: next++ }, group);
      item.catch(() => {}); // awaited below; until then a failure is no unhandled rejection
      waiting.push(item);
    }
  };
  try {
    for (let index = 0; index < count; index++) {
      request(loader.workers > 0 ? loader.workers + 2 : 1);
      const item = await waiting.shift()!;
      request(1);
      yield item;
    }
  } finally {
    await loader.close();
  }
}

/** Pixels of a pass over a data set below which threads take longer to start than they save. */
const SHORT_PASS = 2 ** 24;

/** Pixels of an image of unknown size: no more than it has, mostly. */
const UNKNOWN_SIZE = 2 ** 16;

function evaluationLoader(
  dataset: Dataset,
  options: EvaluationOptions,
): SampleLoader<{ index: number }, EvaluationItem> {
  const { normalize, resize = null, resizeMode = "stretch", flip = false } = options;
  const { scoreSize = "label" } = options;
  const pixels = resize === null ? UNKNOWN_SIZE : resize[0] * resize[1];
  const prepare = { normalize, resize, resizeMode, flip: flip && resize !== null, scoreSize };
  const work: EvaluationWork = { kind: "evaluation", options: prepare };
  return sampleLoader<{ index: number }, object, EvaluationItem, EvaluationItem>({
    async local({ index }): Promise<EvaluationItem> {
      return prepareEvaluationItem(await dataset.read(index), dataset, prepare);
    },
    send: () => ({ value: {}, transfer: [] }),
    receive: (item) => item,
  }, {
    dataset,
    work,
    workers: chooseWorkers(dataset, { pixels: dataset.ids.length * pixels, least: SHORT_PASS }),
    depth: 2,
    fallback: true,
  });
}
