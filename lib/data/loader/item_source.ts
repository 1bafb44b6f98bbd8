import { NoWorkerError, WorkerPool } from "../../util/worker_pool.ts";
import { chooseItemWorkers } from "./choose_workers.ts";
import type { Dataset } from "../dataset.ts";
import { evaluationItem } from "./evaluation_item.ts";
import type { EvaluationItem, EvaluationOptions } from "./evaluation_items.ts";
import { type DatasetLocation, originOf } from "../dataset_location.ts";

/** What a thread that prepares images is told once. */
export interface ItemSetup {
  origin: DatasetLocation;
  options: EvaluationOptions;
}

/** One image to prepare: its index and name. */
export interface ItemTask {
  index: number;
  id: string;
}

/** Prepares the images of a data set, in this thread or in others. */
export interface ItemSource {
  /** How many to ask for ahead of the one that is waited for. */
  ahead: number;
  prepare(index: number): Promise<EvaluationItem>;
  close(): Promise<void>;
}

/** Threads where they pay and can open the data set, else this one: the same bits. */
export function itemSource(dataset: Dataset, options: EvaluationOptions): ItemSource {
  const local = (index: number) => evaluationItem(dataset, index, options);
  const origin = originOf(dataset);
  const workers = chooseItemWorkers(dataset, options);
  if (origin === null || workers === 0) {
    return { ahead: 0, prepare: local, close: () => Promise.resolve() };
  }
  const { normalize, resize = null, fit = "stretch" } = options;
  const setup: ItemSetup = { origin, options: { normalize, resize, fit } };
  const module = new URL("./item_worker.ts", import.meta.url);
  const pool = new WorkerPool<ItemTask, EvaluationItem>({ module, setup, workers, depth: 2 });
  return {
    ahead: workers + 1,
    async prepare(index): Promise<EvaluationItem> {
      const id = dataset.ids[index]!;
      const task = { name: `sample "${id}"`, group: pool };
      try {
        return await pool.run(() => ({ value: { index, id }, transfer: [] }), task);
      } catch (error) {
        if (!(error instanceof NoWorkerError)) throw error;
        return await local(index);
      }
    },
    close: () => pool.close(),
  };
}
