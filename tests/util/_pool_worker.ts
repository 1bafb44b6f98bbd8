/** A worker of tests: echoes, fails or ends as its tasks say. */
import process from "node:process";
import { serveTasks } from "../../lib/util/worker_pool.ts";

/** What the worker shall do, and how often it still ends before it does. */
export interface PoolTask {
  act: "echo" | "fail" | "exit" | "throw";
  value: number;
  /** Counts down in memory that all workers see; while it is above 0, the worker acts. */
  lives: Int32Array;
  buffer: ArrayBuffer;
}

/** Setup of the workers: only as many get ready as `open` says. */
interface Setup {
  factor: number;
  open: Int32Array;
}

serveTasks<Setup | null, PoolTask, { value: number; buffer: ArrayBuffer }>(
  (setup) => {
    if (setup === null) return Promise.reject(new TypeError("Cannot serve without a factor"));
    if (Atomics.sub(setup.open, 0, 1) <= 0) return new Promise(() => {});
    return Promise.resolve(({ act, value, lives, buffer }) => {
      if (act !== "echo" && Atomics.sub(lives, 0, 1) > 0) {
        if (act === "fail") throw new RangeError(`Cannot use ${value}`);
        if (act === "exit") process.exit(3);
        queueMicrotask(() => {
          throw new Error("out of order");
        });
        return new Promise(() => {});
      }
      new Uint8Array(buffer)[0] = value;
      const result = { value: value * setup.factor, buffer };
      return Promise.resolve({ value: result, transfer: [buffer] });
    });
  },
);
