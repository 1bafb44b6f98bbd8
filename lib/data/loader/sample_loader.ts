/**
 * Loads the samples of a data set in worker threads, or in this thread: bit-identical.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { NoWorkerError, type Parcel, WorkerPool } from "../../util/worker_pool.ts";
import { DamagedFileError, type Dataset } from "../dataset.ts";
import { type DatasetLocation, locationOf } from "../dataset_location.ts";
import type { LoaderSetup, SampleAnswer, SampleTask } from "./_loader_worker.ts";

/** Loads samples on request, each prepared for one kind of use. */
export interface SampleLoader<Request, Result> {
  /** Threads beside this one. */
  readonly workers: number;
  /**
   * Loads one sample.
   *
   * @param group Requests of one group can be cancelled together.
   * @throws {DamagedFileError} If the content of its files is at fault.
   * @throws {Error} If its files cannot be read, or the request was cancelled.
   */
  load(request: Request, group: object): Promise<Result>;
  /** Drops the requests of a group that are not begun; they may reject or never settle. */
  cancel(group: object): void;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** How one kind of sample is loaded in either place. */
export interface LoadSteps<Request, Task, Answer, Result> {
  /** Loads a sample in this thread. */
  local(request: Request): Promise<Result>;
  /** Makes what a worker gets beside the sample's name; again for each worker that ends over it. */
  send(request: Request): Parcel<Task>;
  /** Makes the result of what a worker answered. */
  receive(answer: Answer, request: Request): Result;
}

/** Where samples are loaded. */
export interface LoaderOptions {
  dataset: Dataset;
  /** What the workers do with each sample; cloned. `_loader_worker.ts` knows the kinds. */
  work: { kind: string };
  /** Worker threads; 0: none. */
  workers: number;
  /** Most tasks that a worker holds. */
  depth: number;
  /** Whether this thread takes over where no worker can be started. */
  fallback: boolean;
}

/**
 * A loader in worker threads, which start with the first request, or in this thread, one sample
 * after another.
 *
 * @throws {TypeError} If workers are asked for and only this thread can read the data set.
 */
export function sampleLoader<Request extends { index: number }, Task, Answer, Result>(
  steps: LoadSteps<Request, Task, Answer, Result>,
  options: LoaderOptions,
): SampleLoader<Request, Result> {
  const local = localLoader(steps.local);
  if (options.workers === 0) return local;
  const threads = workerLoader(steps, options);
  return options.fallback ? withFallback(threads, local) : threads;
}

function workerLoader<Request extends { index: number }, Task, Answer, Result>(
  steps: LoadSteps<Request, Task, Answer, Result>,
  { dataset, work, workers, depth }: LoaderOptions,
): SampleLoader<Request, Result> {
  const setup: LoaderSetup<unknown> = { location: requireLocation(dataset, workers), work };
  const module = new URL("./_loader_worker.ts", import.meta.url);
  const pool = new WorkerPool<Task & SampleTask, SampleAnswer<Answer>>({
    module,
    setup,
    workers,
    depth,
  });
  return {
    workers,
    async load(request, group): Promise<Result> {
      const { index } = request;
      const id = dataset.ids[index]!;
      const pack = () => {
        const { value, transfer } = steps.send(request);
        return { value: { ...value, index, id }, transfer };
      };
      const answer = await pool.run(pack, { name: `sample "${id}"`, group });
      if ("damaged" in answer) throw new DamagedFileError(answer.damaged);
      return steps.receive(answer.value, request);
    },
    cancel: (group) => pool.cancel(group),
    close: () => pool.close(),
  };
}

/** Loads in threads, and in this one from when none can be started: slower, and bit-identical. */
export function withFallback<Request, Result>(
  threads: SampleLoader<Request, Result>,
  local: SampleLoader<Request, Result>,
): SampleLoader<Request, Result> {
  let current = threads;
  return {
    get workers(): number {
      return current.workers;
    },
    async load(request, group): Promise<Result> {
      try {
        return await current.load(request, group);
      } catch (error) {
        if (!(error instanceof NoWorkerError)) throw error;
        current = local;
        return await local.load(request, group);
      }
    },
    cancel(group): void {
      threads.cancel(group);
      local.cancel(group);
    },
    close: () => threads.close(),
  };
}

/** Loads samples in this thread, one after another. */
function localLoader<Request, Result>(
  load: (request: Request) => Promise<Result>,
): SampleLoader<Request, Result> {
  const cancelled = new WeakSet<object>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    workers: 0,
    load(request, group): Promise<Result> {
      const done = last.then(() => {
        if (cancelled.has(group)) throw new Error("Loading was cancelled");
        return load(request);
      });
      last = done.catch(() => {});
      return done;
    },
    cancel: (group) => void cancelled.add(group),
    close: () => Promise.resolve(),
  };
}

function requireLocation(dataset: Dataset, workers: number): DatasetLocation {
  const location = locationOf(dataset);
  if (location !== null) return location;
  throw new TypeError(
    `Cannot load data set "${dataset.name}" in ${workers} workers: they cannot open it by ` +
      `themselves, set data.workers to 0, or open it by openDataset() with a reader that names ` +
      `its module`,
  );
}

/** More threads than this are rarely kept busy by one network. */
const MAX_WORKERS = 8;

/**
 * How many threads to load with where the configuration leaves it open: one a core but the one that
 * drives the network; none for less than `least` pixels, or where only this thread can open the data
 * set.
 */
export function chooseWorkers(
  dataset: Dataset,
  { pixels, least }: { pixels: number; least: number },
): number {
  if (locationOf(dataset) === null || pixels < least) return 0;
  return Math.min(MAX_WORKERS, availableParallelism() - 1);
}
