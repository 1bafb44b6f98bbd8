/** The program of a worker thread: prepares samples for training or for evaluation. */
import type { DataConfig } from "../data_config.ts";
import { type Parcel, serveTasks } from "../../util/worker_pool.ts";
import { DamagedFileError, type Dataset, type Sample, sampleBytes } from "../dataset.ts";
import type { DatasetLocation } from "../dataset_location.ts";
import { openLocation } from "../registry.ts";
import {
  type EvaluationItem,
  type EvaluationOptions,
  prepareEvaluationItem,
  prepareSample,
} from "../transforms/prepare_sample.ts";

/** A sample that a worker is to load. */
export interface SampleTask {
  index: number;
  /** Its name, to notice a data set that changed since the main thread opened it. */
  id: string;
}

/** What a worker answers: a damaged sample is a result, as classes of errors do not cross threads. */
export type SampleAnswer<Answer> = { value: Answer } | { damaged: string };

/** What a worker gets before its first task. */
export interface LoaderSetup<Work> {
  location: DatasetLocation;
  work: Work;
}

/** Training: what a worker does with every sample. */
export interface TrainingWork {
  kind: "training";
  config: Pick<DataConfig, "crop" | "augment" | "normalize" | "maxClassShare">;
  seed: number;
}

/** Training: what a worker gets for one sample. */
export interface TrainingTask {
  epoch: number;
  repetition: number;
  /** Receives pixels and labels, and comes back. */
  buffer: ArrayBuffer;
  /** The sample as decoded before, in shared memory; `null`: to be decoded. */
  sample: Sample | null;
  /** Share the decoded sample if it has at most this many bytes. */
  keepBytes: number;
}

/** Training: what a worker makes of it. */
export interface TrainingAnswer {
  /** The task's buffer: pixels `[h * w * channels]`, then labels `[h * w]`. */
  buffer: ArrayBuffer;
  /** Pixels that are not ignored. */
  valid: number;
  /** What was decoded, in shared memory, if it is to be kept. */
  sample: Sample | null;
}

/** Training: does a task. */
async function trainingTask(
  dataset: Dataset,
  { config, seed }: TrainingWork,
  task: TrainingTask & SampleTask,
): Promise<Parcel<TrainingAnswer>> {
  const { index, epoch, repetition, buffer, keepBytes } = task;
  const sample = task.sample ?? await dataset.read(index);
  const pixels = config.crop[0] * config.crop[1];
  const length = pixels * config.normalize.mean.length;
  const image = new Uint8Array(buffer, 0, length);
  const label = new Uint8Array(buffer, length);
  const which = { epoch, index, repetition };
  const valid = prepareSample(sample, { dataset, config, seed, ...which, image, label });
  const shared = task.sample === null && sampleBytes(sample) <= keepBytes ? share(sample) : null;
  return { value: { buffer, valid, sample: shared }, transfer: [buffer] };
}

/** A copy in memory that all threads share. */
function share({ id, image, label }: Sample): Sample {
  const copy = (data: Uint8Array): Uint8Array => {
    const shared = new Uint8Array(new SharedArrayBuffer(data.length));
    shared.set(data);
    return shared;
  };
  return {
    id,
    image: { ...image, data: copy(image.data) },
    label: { ...label, data: copy(label.data) },
  };
}

/** Evaluation: what a worker does with every sample. */
export interface EvaluationWork {
  kind: "evaluation";
  options: EvaluationOptions;
}

/** Evaluation: does a task. */
async function evaluationTask(
  dataset: Dataset,
  { options }: EvaluationWork,
  { index }: SampleTask,
): Promise<Parcel<EvaluationItem>> {
  const value = prepareEvaluationItem(await dataset.read(index), dataset, options);
  const { image, mirrored, label } = value;
  const moved = mirrored === undefined ? [image, label] : [image, mirrored, label];
  return { value, transfer: moved.map(({ buffer }) => buffer as ArrayBuffer) };
}

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
