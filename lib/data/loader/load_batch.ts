import type { DataConfig } from "../../config/config.ts";
import type { Batch, SkippedSample } from "./batch.ts";
import { isDamage } from "../damage.ts";
import type { Dataset } from "../dataset.ts";
import type { Preparer, Slot } from "./preparer.ts";

/** What the batches of an epoch are made of. */
export interface BatchSource {
  dataset: Dataset;
  config: DataConfig;
  preparer: Preparer;
  epoch: number;
  /** Sample indices in the order of the epoch. */
  order: Uint32Array;
  /** Samples known to be damaged, and how: filled here, so that none is tried twice. */
  damaged: Map<number, SkippedSample>;
  /** What the batch's slots are cancelled by. */
  group: object;
}

/**
 * Makes a batch of the samples at `step * batch` and after in the order. With `onCorrupt: "skip"`,
 * the sample a batch later in the order stands in for a damaged one, if that is damaged the one after
 * it, and so on round the epoch: a rule without memory, so that a resumed run follows it too.
 */
export async function loadBatch(source: BatchSource, step: number): Promise<Batch> {
  const { config: { batch: size, crop: [height, width] } } = source;
  const pixels = height * width;
  const bytes = new Uint8Array(size * pixels * 4);
  const images = bytes.subarray(0, size * pixels * 3);
  const labels = bytes.subarray(images.length);
  const slots = await Promise.all(Array.from({ length: size }, (_, i) => {
    const image = images.subarray(i * pixels * 3, (i + 1) * pixels * 3);
    const label = labels.subarray(i * pixels, (i + 1) * pixels);
    return fillSlot(source, step * size + i, { image, label });
  }));
  return {
    bytes,
    images,
    labels,
    ids: slots.map(({ id }) => id),
    valid: slots.reduce((sum, { valid }) => sum + valid, 0),
    skipped: slots.flatMap(({ skipped }) => skipped),
  };
}

interface FilledSlot {
  id: string;
  valid: number;
  skipped: SkippedSample[];
}

async function fillSlot(
  source: BatchSource,
  position: number,
  target: Pick<Slot, "image" | "label">,
): Promise<FilledSlot> {
  const { dataset: { ids, split }, config, preparer, epoch, order, damaged, group } = source;
  const skipped: SkippedSample[] = [];
  for (let next = position; skipped.length < ids.length;) {
    const index = order[next]!;
    const id = ids[index]!;
    if (!damaged.has(index)) {
      try {
        const valid = await preparer.prepare({ ...target, epoch, index }, group);
        return { id, valid, skipped };
      } catch (error) {
        if (config.onCorrupt === "fail" || !isDamage(error)) throw error;
        damaged.set(index, { id, message: error.message });
      }
    }
    skipped.push(damaged.get(index)!);
    next = (next + (next === position ? config.batch : 1)) % ids.length;
    if (next === position) next = (next + 1) % ids.length;
  }
  throw new RangeError(
    `Cannot train on split "${split}": each of its ${ids.length} samples is damaged, the first: ` +
      skipped[0]!.message,
  );
}
