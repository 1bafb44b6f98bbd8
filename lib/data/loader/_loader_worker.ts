/** The program of a worker thread: loads samples for training or for evaluation. */
import { type Parcel, serveTasks } from "../../util/worker_pool.ts";
import { DamagedFileError, type Dataset } from "../dataset.ts";
import { openLocation } from "../registry.ts";
import type { EvaluationItem } from "../transforms/prepare_sample.ts";
import {
  evaluationTask,
  type EvaluationWork,
  type LoaderSetup,
  type SampleAnswer,
  type SampleTask,
  type TrainingAnswer,
  type TrainingTask,
  trainingTask,
  type TrainingWork,
} from "./_sample_tasks.ts";

type Work = TrainingWork | EvaluationWork;
type Answer = TrainingAnswer | EvaluationItem;

serveTasks<LoaderSetup<Work>, SampleTask, SampleAnswer<Answer>>(async ({ location, work }) => {
  const dataset = await openLocation(location);
  return async (task) => {
    checkName(dataset, task);
    try {
      const { value, transfer }: Parcel<Answer> = work.kind === "training"
        ? await trainingTask(dataset, work, task as TrainingTask & SampleTask)
        : await evaluationTask(dataset, work, task);
      return { value: { value }, transfer };
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      return { value: { damaged: error.message }, transfer: [] };
    }
  };
});

/**
 * Checks that a sample is the one that the main thread means.
 *
 * @throws {Error} If files came or went since it opened the data set.
 */
function checkName({ ids }: Dataset, { index, id }: SampleTask): void {
  if (ids[index] === id) return;
  throw new Error(
    `Cannot read sample "${id}": the data set has changed since it was opened, sample ${index} ` +
      `is "${ids[index]}" now`,
  );
}
