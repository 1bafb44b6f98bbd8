/**
 * What a training step takes in.
 *
 * @module
 */
import type { Dataset } from "../dataset.ts";

/** One training batch of crops `[b, h, w]`. */
export interface Batch {
  /** `images`, then `labels`: what is uploaded, in one piece. Owned by the receiver. */
  bytes: Uint8Array;
  /** RGB pixels on 0..255, `[b * h * w * 3]`; a view of `bytes`. */
  images: Uint8Array;
  /** Class indices, `[b * h * w]`; 255 is ignored. A view of `bytes`. */
  labels: Uint8Array;
  /** Names of the samples. */
  ids: string[];
  /** Pixels that are not ignored. */
  valid: number;
  /** Samples that others had to stand in for (`data.onCorrupt: "skip"`). */
  skipped: SkippedSample[];
}

/** A sample whose files are damaged. */
export interface SkippedSample {
  id: string;
  /** What is wrong; names the file. */
  message: string;
}

/**
 * Number of batches in an epoch; the last incomplete one is dropped (Table 4-1).
 *
 * @throws {RangeError} If the data set has fewer samples than a batch.
 * @example
 * ```ts
 * import { openDataset, stepsPerEpoch } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(stepsPerEpoch(await openDataset("fixtures", { split: "train" }), 5), 4);
 * ```
 */
export function stepsPerEpoch(dataset: Dataset, batch: number): number {
  const steps = Math.floor(dataset.ids.length / batch);
  if (steps < 1) {
    throw new RangeError(
      `Cannot fill a batch of ${batch} from ${dataset.ids.length} samples of split ` +
        `"${dataset.split}": set data.batch to at most ${dataset.ids.length}`,
    );
  }
  return steps;
}
