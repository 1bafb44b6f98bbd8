import { NoWorkerError } from "../../util/worker_pool.ts";
import type { Preparer } from "./preparer.ts";

/** Prepares samples in threads, and in this one where none can be started: slower, the same bits. */
export function fallbackPreparer(threads: Preparer, local: Preparer): Preparer {
  let current = threads;
  return {
    get workers(): number {
      return current.workers;
    },
    async prepare(slot, group): Promise<number> {
      try {
        return await current.prepare(slot, group);
      } catch (error) {
        if (!(error instanceof NoWorkerError)) throw error;
        current = local;
        return await local.prepare(slot, group);
      }
    },
    cancel(group): void {
      threads.cancel(group);
      local.cancel(group);
    },
    close: () => threads.close(),
  };
}
