import type * as tf from "@tensorflow/tfjs";
import { Buffer } from "node:buffer";
import { PLAIN, RELAXED } from "./binaries.ts";
import type { Job } from "./jobs.ts";
import { type FilterCache, makeFilterCache } from "./filter_cache.ts";
import { makeOrigins, type Origins } from "./input_provenance.ts";
import { type HeapWatch, watchHeap } from "./memory.ts";
import { type KernelExports, type Pool, SCRATCH_SLOTS, startPool } from "./thread_pool.ts";
import { makeStockBackend, withSharedMemory } from "./tfjs_backend.ts";
import { checkBackend, type TfjsWasmBackend } from "./tfjs_members.ts";

/** Bytes of each thread's private scratch; assembly/ relies on it. */
export const THREAD_SCRATCH: number = 1 << 20;
const PARAM_BYTES = 1 << 17;
/** Jobs with fewer flops are not worth waking a thread for. */
const SERIAL_FLOPS = 4e5;

/** A word of a parameter block: an integer, or a float wrapped as `{ float }`. */
export type Word = number | { float: number };

/** The running engine. */
export interface Engine {
  backend: TfjsWasmBackend;
  pool: Pool;
  build: "plain" | "relaxed";
  sharedMemory: boolean;
  heap: HeapWatch;
  /** Byte address of a tensor's values. */
  at(tensor: tf.TensorInfo): number;
  /** Allocates, 64-byte aligned, for the duration of `body`. */
  withScratch<T>(bytes: number, body: (pointer: number) => T): T;
  /** Transformed filters, kept while they are used again. */
  filters: FilterCache;
  /** What some maps were made of. */
  origins: Origins;
  /** Address of the parameter block. */
  params: number;
  /** Writes words into the parameter block from byte `offset` and returns their address. */
  write(words: readonly Word[], offset?: number): number;
  /** Runs a job on the block at `params`; `flops` decides whether the threads are woken. */
  run(kind: Job, chunks: number, flops: number): void;
  /** Address of at least `bytes` zeros. */
  zeros(bytes: number): number;
}

/** How an engine is made. */
export interface EngineOptions {
  threads: number;
  relaxed: boolean;
  /** Whether to ask for shared memory. @default true */
  shared?: boolean;
}

/** Starts TensorFlow.js' backend, our kernels on its memory, and the workers. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const backend = await makeBackend(options.shared ?? true);
  const memory = checkBackend(backend);
  const sharedMemory = isShared(memory);
  const heap = watchHeap(backend);
  const { wasm } = backend;
  const embedded = Buffer.from(options.relaxed ? RELAXED : PLAIN, "base64");
  const binary = withSharedMemory(embedded, sharedMemory);
  const env = {
    memory,
    abort: (): never => {
      throw new Error("WASM kernel aborted");
    },
  };
  const { instance } = await WebAssembly.instantiate(binary, { env });
  const exports = instance.exports as unknown as KernelExports;

  const allocate = (bytes: number): number => align(wasm._malloc(bytes + 64));
  const threads = sharedMemory ? options.threads : 1;
  const ctrl = allocate(SCRATCH_SLOTS + 4 * threads);
  wasm.HEAPU8.fill(0, ctrl, ctrl + SCRATCH_SLOTS + 4 * threads);
  const scratch = Array.from({ length: threads }, () => allocate(THREAD_SCRATCH));
  wasm.HEAP32.set(scratch, (ctrl + SCRATCH_SLOTS) / 4);
  const params = allocate(PARAM_BYTES);
  const pool = await startPool({ binary, memory, exports, ctrl, threads });

  let zeroPointer = 0;
  let zeroBytes = 0;
  const float = new Float32Array(1);
  const floatBits = new Int32Array(float.buffer);

  const withScratch: Engine["withScratch"] = (bytes, body) => {
    const pointer = wasm._malloc(bytes + 64);
    try {
      return body(align(pointer));
    } finally {
      wasm._free(pointer);
    }
  };

  return {
    backend,
    pool,
    filters: makeFilterCache(backend, withScratch),
    origins: makeOrigins(backend),
    heap,
    sharedMemory,
    build: options.relaxed ? "relaxed" : "plain",
    params,
    at: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    withScratch,
    write(words, offset = 0) {
      if (offset + words.length * 4 > PARAM_BYTES) {
        throw new RangeError(
          `WASM parameter block of ${PARAM_BYTES} bytes is too small for ${words.length} words`,
        );
      }
      const view = wasm.HEAP32;
      let at = (params + offset) / 4;
      for (const word of words) {
        if (typeof word === "number") view[at++] = word;
        else {
          float[0] = word.float;
          view[at++] = floatBits[0]!;
        }
      }
      return params + offset;
    },
    run(kind, chunks, flops) {
      if (chunks === 0) return;
      if (chunks > 1 && pool.threads > 1 && flops > SERIAL_FLOPS) pool.run(kind, params, chunks);
      else exports.runAll(kind, params, chunks, scratch[0]!);
    },
    zeros(bytes) {
      if (bytes > zeroBytes) {
        if (zeroPointer) wasm._free(zeroPointer);
        zeroBytes = Math.max(bytes, 1 << 14);
        zeroPointer = wasm._malloc(zeroBytes);
        wasm.HEAPU8.fill(0, zeroPointer, zeroPointer + zeroBytes);
      }
      return zeroPointer;
    },
  };
}

/** On a shared memory, or a private one where the runtime has no shared ones. */
async function makeBackend(shared: boolean): Promise<TfjsWasmBackend> {
  if (!shared) return await makeStockBackend(false);
  try {
    const backend = await makeStockBackend(true);
    if (isShared(checkBackend(backend))) return backend;
  } catch {
    // Said by `sharedMemory: false` in what registerWasmBackend returns.
  }
  return await makeStockBackend(false);
}

function align(pointer: number): number {
  return Math.ceil(pointer / 64) * 64;
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}
