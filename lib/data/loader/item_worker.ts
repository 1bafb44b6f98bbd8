/** The program of a thread that prepares images to score. */
import { serveTasks } from "../../util/worker_pool.ts";
import { evaluationItem } from "./evaluation_item.ts";
import type { EvaluationItem } from "./evaluation_items.ts";
import type { ItemSetup, ItemTask } from "./item_source.ts";
import { openLocation, requireSample } from "./open_location.ts";

serveTasks<ItemSetup, ItemTask, EvaluationItem>(async ({ origin, options }) => {
  const dataset = await openLocation(origin);
  return async ({ index, id }) => {
    requireSample(dataset, index, { id });
    const value = await evaluationItem(dataset, index, options);
    return { value, transfer: [value.image.buffer, value.label.buffer] as ArrayBuffer[] };
  };
});
