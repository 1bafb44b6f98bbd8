/**
 * Threads whose program is a text: worker threads of Node's library, or workers of a page.
 *
 * @module
 */
import type * as threads from "node:worker_threads";
import { builtin } from "./host.ts";

/** A thread. */
export interface TextWorker {
  terminate(): Promise<unknown>;
}

/**
 * Starts a thread, which does not keep a process alive.
 *
 * @param program A function of the data and of what it calls once it is ready, as text.
 * @returns The thread, once it is ready.
 * @throws {Error} If it cannot start: a sandbox or a page's policy forbids it.
 */
export function startTextWorker(program: string, data: object): Promise<TextWorker> {
  const library = builtin<typeof threads>("node:worker_threads");
  return library === null ? startWebWorker(program, data) : startThread(program, { data, library });
}

/** Whether this thread may wait for another: the thread of a page's document may not. */
export function canBlock(): boolean {
  return (globalThis as { document?: unknown }).document === undefined;
}

function startThread(
  program: string,
  { data, library }: { data: object; library: typeof threads },
): Promise<TextWorker> {
  const text = `import("node:worker_threads").then(({ parentPort, workerData }) =>
    (${program})(workerData, () => parentPort.postMessage("ready")));`;
  return new Promise((resolve, reject) => {
    const worker = new library.Worker(text, { eval: true, workerData: data });
    worker.once("message", () => {
      // A thread that sleeps in WASM must not keep the process alive
      worker.unref();
      resolve(worker);
    });
    worker.once("error", reject);
  });
}

async function startWebWorker(program: string, data: object): Promise<TextWorker> {
  const text = `onmessage = ({ data }) => (${program})(data, () => postMessage("ready"));`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(url);
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || "the page's policy forbids workers"));
      };
      worker.postMessage(data);
    });
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    URL.revokeObjectURL(url);
  }
  return { terminate: () => Promise.resolve(worker.terminate()) };
}
