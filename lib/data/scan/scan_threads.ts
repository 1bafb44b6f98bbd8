/**
 * Threads that look at many files, once before training.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { NoWorkerError, WorkerPool } from "../../util/worker_pool.ts";

/** Called as files are done. */
export type ScanProgress = (done: number, total: number) => void;

/** Files below which starting threads takes longer than reading them. */
const FEW = 200;
const MOST_WORKERS = 8;

/** How the files are worked on. */
export interface ScanThreads {
  /** Program of the workers. */
  module: URL;
  /** What each gets first. */
  setup: unknown;
  /** Number of files. */
  count: number;
}

/** Does a task in a thread, or by `here` where there are few, or none can be started. */
export type RunTask<Task, Result> = (
  task: Task,
  options: { name: string; here: () => Promise<Result> },
) => Promise<Result>;

/** Runs tasks in threads while `use` lasts; at most `parallel` of them are worth having at a time. */
export async function withScanThreads<Task, Result, T>(
  { module, setup, count }: ScanThreads,
  use: (run: RunTask<Task, Result>, parallel: number) => Promise<T>,
): Promise<T> {
  const workers = count < FEW ? 0 : Math.min(MOST_WORKERS, availableParallelism());
  if (workers === 0) return await use((_task, { here }) => here(), 1);
  const pool = new WorkerPool<Task, Result>({ module, setup, workers, depth: 2 });
  const group = {};
  try {
    return await use(async (task, { name, here }) => {
      try {
        return await pool.run(() => ({ value: task, transfer: [] }), { name, group });
      } catch (error) {
        if (error instanceof NoWorkerError) return await here();
        throw error;
      }
    }, workers * 2);
  } finally {
    await pool.close();
  }
}
