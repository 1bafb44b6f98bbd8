import type * as tf from "@tensorflow/tfjs";
import { bytesOfBase64 } from "../../util/host.ts";
import { PLAIN, RELAXED } from "./binaries.ts";
import {
  type FilterCache,
  type InputProvenance,
  makeFilterCache,
  makeInputProvenance,
} from "./tensor_caches.ts";
import { CONTROL, type Job, JOB_NUMBERS, JOBS, type JobWords } from "./jobs.ts";
import { BLOCKS, type Layout, RECORDS } from "./job_blocks.ts";
import { type KernelExports, type Pool, startPool } from "./thread_pool.ts";
import {
  checkBackend,
  type HeapWatch,
  hookDispose,
  makeTfjsBackend,
  type TfjsWasmBackend,
  watchHeap,
  withSharedMemory,
} from "./tfjs_backend.ts";

/** Bytes of each thread's private scratch; assembly/ relies on it. */
export const THREAD_SCRATCH: number = 1 << 20;
const PARAM_BYTES = 1 << 17;
/** Jobs with fewer flops are not worth waking a thread for. */
const SERIAL_FLOPS = 4e5;

/** How a job is cut. */
export interface Work {
  chunks: number;
  /** Operations of all chunks, which decide whether the threads are woken. */
  flops: number;
}

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
  /** What some maps were made from. */
  provenance: InputProvenance;
  /** Runs a job with the words of its parameter block. @throws {Error} If a chunk trapped */
  run<J extends Job>(job: J, words: JobWords<J>, work: Work): void;
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

/** Starts TensorFlow.js' backend, the kernels on its memory, and the workers. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const backend = await makeBackend(options.shared ?? true);
  const memory = checkBackend(backend);
  const sharedMemory = isShared(memory);
  const heap = watchHeap(backend);
  const { wasm } = backend;
  const embedded = bytesOfBase64(options.relaxed ? RELAXED : PLAIN);
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
  const ctrl = allocate(CONTROL.scratch + 4 * threads);
  wasm.HEAPU8.fill(0, ctrl, ctrl + CONTROL.scratch + 4 * threads);
  const scratch = Array.from({ length: threads }, () => allocate(THREAD_SCRATCH));
  wasm.HEAP32.set(scratch, (ctrl + CONTROL.scratch) / 4);
  const params = allocate(PARAM_BYTES);
  const pool = await startPool({ binary, memory, exports, ctrl, threads });

  let zeroPointer = 0;
  let zeroBytes = 0;

  const withScratch: Engine["withScratch"] = (bytes, body) => {
    const pointer = wasm._malloc(bytes + 64);
    try {
      return body(align(pointer));
    } finally {
      wasm._free(pointer);
    }
  };

  const onDispose = hookDispose(backend);
  return {
    backend,
    pool,
    filters: makeFilterCache(backend, withScratch, onDispose),
    provenance: makeInputProvenance(backend, onDispose),
    heap,
    sharedMemory,
    build: options.relaxed ? "relaxed" : "plain",
    at: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    withScratch,
    run(job, words, { chunks, flops }) {
      if (chunks === 0) return;
      const block = encodeJob(job, words, params);
      if (block.length * 4 > PARAM_BYTES) {
        throw new RangeError(
          `WASM parameter block of ${PARAM_BYTES} bytes is too small for ${block.length} words of ` +
            `the job ${job}`,
        );
      }
      wasm.HEAP32.set(block, params / 4);
      const number = JOB_NUMBERS[job];
      if (chunks > 1 && pool.threads > 1 && flops > SERIAL_FLOPS) pool.run(number, params, chunks);
      else exports.runAll(number, params, chunks, scratch[0]!);
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
  if (!shared) return await makeTfjsBackend(false);
  try {
    const backend = await makeTfjsBackend(true);
    if (isShared(checkBackend(backend))) return backend;
  } catch {
    // registerWasmBackend reports it as `sharedMemory: false`.
  }
  return await makeTfjsBackend(false);
}

function align(pointer: number): number {
  return Math.ceil(pointer / 64) * 64;
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}

/** A job's parameter block, to be put at byte `address`, as integers (floats by their bits). */
export function encodeJob<J extends Job>(job: J, words: JobWords<J>, address: number): number[] {
  const block: number[] = [];
  append({ block, address }, fieldsOf(BLOCKS[JOBS[job]]), [words]);
  return block;
}

/** A field of a layout: its words, and for a list the fields of its records. */
interface Field {
  name: string;
  type: "integer" | "float" | Field[];
}

const FIELDS = new Map<Layout, Field[]>();

/** The fields of a layout, made once. */
function fieldsOf(layout: Layout): Field[] {
  const known = FIELDS.get(layout);
  if (known) return known;
  const fields = Object.entries(layout).map(([name, type]): Field => {
    if (type === "f32") return { name, type: "float" };
    if (!type.endsWith("[]")) return { name, type: "integer" };
    return { name, type: fieldsOf(RECORDS[type.slice(0, -2) as keyof typeof RECORDS]) };
  });
  FIELDS.set(layout, fields);
  return fields;
}

const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Int32Array(FLOAT.buffer);

/** Writes records one after the other, then the lists that they name; returns their address. */
function append(
  { block, address }: { block: number[]; address: number },
  fields: Field[],
  records: readonly object[],
): number {
  const start = block.length;
  const size = fields.reduce((sum, { type }) => sum + (typeof type === "string" ? 1 : 2), 0);
  for (let i = records.length * size; i > 0; i--) block.push(0);
  let at = start;
  for (const record of records as readonly Record<string, unknown>[]) {
    for (const { name, type } of fields) {
      if (type === "integer") block[at++] = record[name] as number;
      else if (type === "float") {
        FLOAT[0] = record[name] as number;
        block[at++] = FLOAT_BITS[0]!;
      } else {
        const list = record[name] as readonly object[];
        block[at++] = append({ block, address }, type, list);
        block[at++] = list.length;
      }
    }
  }
  return address + 4 * start;
}
