import { WorkerPool } from "../../util/worker_pool.ts";
import type { Dataset, Sample } from "../dataset.ts";
import { originOf } from "../dataset_location.ts";
import type { Preparer, PreparerOptions } from "./preparer.ts";
import type { SampleResult, SampleSetup, SampleTask } from "./sample_task.ts";

/**
 * Prepares samples in threads of their own. Decoded ones are kept in memory that all threads share,
 * so that `cacheMiB` is spent once and not once a thread.
 *
 * @throws {TypeError} If only this thread can read the data set.
 */
export function workerPreparer(
  { dataset, config, seed }: PreparerOptions,
  { workers }: { workers: number },
): Preparer {
  const setup: SampleSetup = {
    origin: requireOrigin(dataset, workers),
    config: { crop: config.crop, augment: config.augment, normalize: config.normalize },
    seed,
  };
  const pool = new WorkerPool<SampleTask, SampleResult>({
    module: new URL("./sample_worker.ts", import.meta.url),
    setup,
    workers,
    depth: Math.max(2, Math.ceil(config.prefetch * config.batch / workers)),
  });
  const kept = new Map<number, Sample>();
  let free = config.cacheMiB * 2 ** 20;
  /** Buffers that have come back: as many as were ever on their way at a time. */
  const buffers: ArrayBuffer[] = [];

  function keep(index: number, sample: Sample): void {
    const bytes = sample.image.data.length + sample.label.data.length;
    if (bytes > free || kept.has(index)) return;
    free -= bytes;
    kept.set(index, sample);
  }

  return {
    workers,
    async prepare({ epoch, index, image, label }, group): Promise<number> {
      const id = dataset.ids[index]!;
      const pack = () => {
        const buffer = buffers.pop() ?? new ArrayBuffer(image.length + label.length);
        const sample = kept.get(index) ?? null;
        const value: SampleTask = { index, id, epoch, buffer, sample, keepBytes: free };
        return { value, transfer: [buffer] };
      };
      const { buffer, valid, sample } = await pool.run(pack, { name: `sample "${id}"`, group });
      image.set(new Uint8Array(buffer, 0, image.length));
      label.set(new Uint8Array(buffer, image.length));
      buffers.push(buffer);
      if (sample !== null) keep(index, sample);
      return valid;
    },
    cancel: (group) => pool.cancel(group),
    close: () => pool.close(),
  };
}

function requireOrigin(dataset: Dataset, workers: number): SampleSetup["origin"] {
  const origin = originOf(dataset);
  if (origin !== null) return origin;
  throw new TypeError(
    `Cannot load data set "${dataset.name}" in ${workers} workers: they cannot open it by ` +
      `themselves, set data.workers to 0, or open it by openDataset() with a reader that names ` +
      `its module`,
  );
}
