import { parentPort, workerData } from "node:worker_threads";
import type { Answer, PackedError, Parcel } from "./worker_pool.ts";

/** Does one task. */
export type TaskHandler<Task, Result> = (task: Task) => Promise<Parcel<Result>>;

/**
 * A worker's side of a `WorkerPool`: opens what its tasks need, then does them one after another.
 *
 * @param open Gets the pool's `setup`.
 */
export function serveTasks<Setup, Task, Result>(
  open: (setup: Setup) => Promise<TaskHandler<Task, Result>>,
): void {
  const port = parentPort!;
  const send = (answer: Answer<Result>, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(answer, transfer);
  const handler = open(workerData as Setup);
  let last: Promise<void> = Promise.resolve();
  // From here on the listener keeps the worker alive.
  port.on("message", ({ id, value }: { id: number; value: Task }) => {
    last = last.then(async () => {
      try {
        const result = await (await handler)(value);
        send({ kind: "done", id, value: result.value }, result.transfer);
      } catch (error) {
        send({ kind: "failed", id, error: packError(error) });
      }
    });
  });
  handler.then(
    () => send({ kind: "ready" }),
    (error) => send({ kind: "unable", error: packError(error) }),
  );
}

function packError(error: unknown): PackedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}
