import process from "node:process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** Sees to it that nothing takes forever, even what never lets go of the thread. */
export interface Watchdog {
  /** An input is being read. */
  begin(bytes: Uint8Array): void;
  /** It has been read. */
  end(): void;
  close(): Promise<void>;
}

/** Longest input that is kept. */
const MAX = 1 << 20;

/** Watches from a thread of its own; an input that takes longer than `ms` ends the process. */
export function startWatchdog(ms: number): Watchdog {
  const shared = new SharedArrayBuffer(8 + MAX);
  const [counter, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
  const copy = new Uint8Array(shared, 8);
  const program = new URL("./_watchdog_worker.ts", import.meta.url);
  const worker = new Worker(
    "deno" in process.versions ? program : fileURLToPath(program),
    { workerData: { shared, ms } },
  );
  worker.unref();
  return {
    begin(bytes) {
      const kept = bytes.subarray(0, MAX);
      copy.set(kept);
      Atomics.store(length, 0, kept.length);
      Atomics.add(counter, 0, 1);
    },
    end: () => void Atomics.add(counter, 0, 1),
    close: async () => void await worker.terminate(),
  };
}
