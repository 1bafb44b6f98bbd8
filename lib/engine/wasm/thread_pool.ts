import { canBlock, startTextWorker, type TextWorker } from "../../util/text_worker.ts";
import { CONTROL, JOBS } from "./jobs.ts";

/** Exports of the kernel module (assembly/index.ts). */
export interface KernelExports {
  publish(ctrl: number, job: number, params: number, chunks: number): void;
  assist(ctrl: number, scratch: number): void;
  join(ctrl: number, sleep: number): void;
  failChunk(ctrl: number): void;
  quit(ctrl: number): void;
  runAll(job: number, params: number, chunks: number, scratch: number): void;
}

/**
 * The worker's whole program, as text: so it needs no file, and works the same from a folder, from a
 * package registry, in Bun and in a page. It instantiates the kernels on the shared memory and never
 * returns to its event loop, except to leave.
 */
const PROGRAM = `async ({ binary, memory, ctrl, slot }, ready) => {
  const env = { memory, abort() { throw new Error("abort"); } };
  const { instance } = await WebAssembly.instantiate(binary, { env });
  ready();
  for (;;) {
    try {
      instance.exports.workerLoop(ctrl, slot);
      break;
    } catch {
      instance.exports.failChunk(ctrl);
    }
  }
}`;

/** How a pool is made. */
export interface ThreadPoolOptions {
  binary: Uint8Array;
  memory: WebAssembly.Memory;
  exports: KernelExports;
  ctrl: number;
  threads: number;
}

/** Threads that share out the chunks of a job. */
export interface Pool {
  threads: number;
  /** Runs all chunks of a job, given by its number, and returns when they are done. @throws {Error} If one trapped */
  run(job: number, params: number, chunks: number): void;
  /** Ends the workers. */
  stop(): Promise<void>;
}

/** Starts `threads - 1` workers; fewer where the engine refuses them. */
export async function startPool(options: ThreadPoolOptions): Promise<Pool> {
  const { exports, ctrl, memory } = options;
  const workers: TextWorker[] = [];
  const sleep = canBlock() ? 1 : 0;
  try {
    await Promise.all(
      Array.from({ length: options.threads - 1 }, (_, i) => startWorker(options, i + 1)),
    ).then((started) => workers.push(...started));
  } catch {
    // No workers here (a sandbox may forbid them): the main thread does it alone.
  }
  const mainScratch = (): number => word(CONTROL.scratch);
  const word = (offset: number): number => new Uint32Array(memory.buffer, ctrl + offset, 1)[0]!;

  function run(job: number, params: number, chunks: number): void {
    exports.publish(ctrl, job, params, chunks);
    let failure: unknown;
    for (let busy = true; busy;) {
      try {
        exports.assist(ctrl, mainScratch());
        busy = false;
      } catch (error) {
        failure = error;
        exports.failChunk(ctrl);
      }
    }
    exports.join(ctrl, sleep);
    if (word(CONTROL.failures) > 0) {
      new Uint32Array(memory.buffer, ctrl + CONTROL.failures, 1)[0] = 0;
      const name = Object.keys(JOBS)[job] ?? job;
      throw new Error(`WASM kernel ${name} failed in one of ${chunks} chunks`, { cause: failure });
    }
  }

  async function stop(): Promise<void> {
    exports.quit(ctrl);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  return { threads: workers.length + 1, run, stop };
}

function startWorker(options: ThreadPoolOptions, index: number): Promise<TextWorker> {
  const { binary, memory, ctrl } = options;
  const slot = ctrl + CONTROL.scratch + 4 * index;
  return startTextWorker(PROGRAM, { binary, memory, ctrl, slot });
}
