/**
 * TensorFlow.js' WASM backend: its private members that the engine needs, typed in one place and
 * checked when the engine starts; how it is made on a shared memory; and a watch over its heap.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type * as nodeProcess from "node:process";
import { builtin } from "../../util/host.ts";
import { mebibytes } from "../../util/format.ts";

/** tfjs's Emscripten module. */
export interface TfjsWasm {
  HEAP32: Int32Array;
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  asm: WebAssembly.Exports;
  tfjs: {
    registerTensor(id: number, size: number, memoryOffset: number): void;
    disposeData(id: number): void;
  };
}

/** `BackendWasm`, as far as it is used here. */
export interface TfjsWasmBackend extends tf.KernelBackend {
  wasm: TfjsWasm;
  dataIdMap: { get(id: object): { memoryOffset: number; id: number } };
  dataIdNextNumber: number;
  incRef(id: object): void;
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  move(id: object, values: unknown, shape: number[], dtype: string, references: number): void;
}

/** The arguments of a kernel function. */
export interface KernelCall {
  inputs: Record<string, tf.TensorInfo>;
  // deno-lint-ignore no-explicit-any -- each kernel knows the attributes of its op
  attrs: any;
  backend: TfjsWasmBackend;
}

/** Checks that `backend` has what {@linkcode TfjsWasmBackend} promises. @throws {Error} If not */
export function checkBackend(backend: TfjsWasmBackend): WebAssembly.Memory {
  const { wasm } = backend;
  const memory = Object.values(wasm?.asm ?? {}).find((value) =>
    value instanceof WebAssembly.Memory
  ) as WebAssembly.Memory | undefined;
  if (
    !memory || typeof wasm._malloc !== "function" || typeof wasm._free !== "function" ||
    typeof backend.makeOutput !== "function" || typeof backend.dataIdMap?.get !== "function" ||
    typeof backend.incRef !== "function" || typeof backend.dataIdNextNumber !== "number" ||
    typeof wasm.tfjs?.registerTensor !== "function" || typeof wasm.tfjs.disposeData !== "function"
  ) {
    throw new Error(
      "cannot use this version of @tensorflow/tfjs-backend-wasm: its internals changed; install " +
        "4.22.0",
    );
  }
  return memory;
}

/** Registers a listener for the number of each tensor that is disposed or overwritten. */
export type OnDispose = (listener: (id: number) => void) => void;

/** Makes the one hook into tfjs's `disposeData`, which {@linkcode markWritten} calls too. */
export function hookDispose({ wasm }: TfjsWasmBackend): OnDispose {
  const listeners: ((id: number) => void)[] = [];
  const { disposeData } = wasm.tfjs;
  wasm.tfjs.disposeData = (id) => {
    for (const listener of listeners) listener(id);
    disposeData(id);
  };
  return (listener) => {
    listeners.push(listener);
  };
}

/**
 * Gives a tensor that was written in place a new number: tfjs's kernels keep packed weights by the
 * tensor's number, and would go on using the packed old values.
 */
export function markWritten(backend: TfjsWasmBackend, tensor: tf.TensorInfo): void {
  const data = backend.dataIdMap.get(tensor.dataId);
  backend.wasm.tfjs.disposeData(data.id);
  data.id = backend.dataIdNextNumber++;
  const size = tensor.shape.reduce((product, length) => product * length, 1);
  backend.wasm.tfjs.registerTensor(data.id, size, data.memoryOffset);
}

/** tfjs's own factory, kept so that the engine can be started and stopped repeatedly. */
let tfjsFactory: (() => tf.KernelBackend | Promise<tf.KernelBackend>) | undefined;

/** The factory under which tfjs registered its WASM backend. */
export function getTfjsFactory(): () => tf.KernelBackend | Promise<tf.KernelBackend> {
  tfjsFactory ??= tf.findBackendFactory("wasm");
  if (!tfjsFactory) {
    throw new Error("cannot start the WASM engine: @tensorflow/tfjs-backend-wasm is not loaded");
  }
  return tfjsFactory;
}

/**
 * Makes tfjs's backend, on a shared memory where `shared`: tfjs finds and reads its binary itself (from
 * a folder or over http), and while it does so the bytes pass through a patch of one flag in the memory
 * section.
 */
export async function makeTfjsBackend(shared: boolean): Promise<TfjsWasmBackend> {
  const { instantiate: original, instantiateStreaming } = WebAssembly;
  const removeNew = watchListeners();
  if (shared) {
    // deno-lint-ignore no-explicit-any -- one function expression cannot have the overloads' types
    WebAssembly.instantiate = function (source: any, imports?: WebAssembly.Imports): Promise<any> {
      const isTfjs = imports?.["wasi_snapshot_preview1"] && imports["env"]?.["fd_write"];
      return original.call(
        WebAssembly,
        isTfjs && !(source instanceof WebAssembly.Module) ? withSharedMemory(source) : source,
        imports,
      );
    } as typeof WebAssembly.instantiate;
    // In a page the bytes would be compiled as they come
    WebAssembly.instantiateStreaming = async (response, imports) => {
      const source = await (await response).arrayBuffer();
      return await WebAssembly.instantiate(source, imports);
    };
  }
  try {
    return await getTfjsFactory()() as TfjsWasmBackend;
  } finally {
    WebAssembly.instantiate = original;
    WebAssembly.instantiateStreaming = instantiateStreaming;
    removeNew();
  }
}

/**
 * Emscripten's start-up adds process-wide handlers that throw every uncaught error again, which
 * changes exit codes. The returned function removes those that were added since.
 */
function watchListeners(): () => void {
  const process = builtin<typeof nodeProcess>("node:process");
  if (process === null) return () => {};
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Set(events.flatMap((event) => process.listeners(event as "exit")));
  return () => {
    for (const event of events) {
      for (const listener of process.listeners(event as "exit")) {
        if (!before.has(listener)) process.removeListener(event, listener);
      }
    }
  };
}

/**
 * A copy of a WASM binary whose memory is declared (or imported) as shared, or with `shared` false
 * as not shared. Returned as it is where there is no such memory with a maximum.
 */
export function withSharedMemory(source: BufferSource, shared = true): Uint8Array<ArrayBuffer> {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();
  const at = findMemoryFlag(bytes as Uint8Array);
  if (at >= 0) bytes[at] = shared ? 3 : 1;
  return bytes as Uint8Array<ArrayBuffer>;
}

/** Index of the limits flag of the only memory (own or imported), or -1. */
function findMemoryFlag(bytes: Uint8Array): number {
  let at = 8;
  const leb = (): number => {
    let value = 0, shift = 0, byte: number;
    do {
      byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  const isLimits = (flag: number | undefined): boolean => flag === 1 || flag === 3;
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = leb();
    const end = at + size;
    if (id === 5) return leb() === 1 && isLimits(bytes[at]) ? at : -1;
    if (id === 2) {
      for (let left = leb(); left > 0; left--) {
        for (let name = 0; name < 2; name++) {
          const length = leb();
          at += length;
        }
        const kind = bytes[at++];
        if (kind === 2) return isLimits(bytes[at]) ? at : -1;
        if (kind === 0) leb();
        else if (kind === 3) at += 2;
        else break;
      }
    }
    at = end;
  }
  return -1;
}

/** What is allocated on the WASM heap, by size. */
export interface HeapWatch {
  /** Bytes of all live allocations. */
  liveBytes(): number;
  /** Largest value of {@linkcode HeapWatch.liveBytes} so far. */
  peakBytes(): number;
}

/** Where a 4 GiB address space ends for Emscripten. */
const HEAP_LIMIT = 4294901760;

/**
 * Replaces the backend's `_malloc`, which returns 0 when it fails: TensorFlow.js does not check and
 * later ops overwrite low memory. The replacement throws and counts.
 */
export function watchHeap(backend: TfjsWasmBackend): HeapWatch {
  const { wasm } = backend;
  // Emscripten's stubs replace themselves on their first call, which must come before ours.
  wasm._free(wasm._malloc(8));
  const malloc = wasm._malloc.bind(wasm);
  const free = wasm._free.bind(wasm);
  const move = backend.move.bind(backend);
  const sizes = new Map<number, { bytes: number; shape: number[] | undefined }>();
  let live = 0;
  let peak = 0;
  let shape: number[] | undefined;

  wasm._malloc = (bytes) => {
    const pointer = bytes > HEAP_LIMIT ? 0 : malloc(bytes) >>> 0;
    if (pointer === 0) throw new RangeError(describeFailure(bytes, live, shape, sizes));
    sizes.set(pointer, { bytes, shape });
    live += bytes;
    if (live > peak) peak = live;
    return pointer;
  };
  wasm._free = (pointer) => {
    const key = pointer >>> 0;
    live -= sizes.get(key)?.bytes ?? 0;
    sizes.delete(key);
    free(pointer);
  };
  backend.move = (id, values, tensorShape, dtype, references) => {
    shape = tensorShape;
    try {
      move(id, values, tensorShape, dtype, references);
    } finally {
      shape = undefined;
    }
  };
  return { liveBytes: () => live, peakBytes: () => peak };
}

function describeFailure(
  bytes: number,
  live: number,
  shape: number[] | undefined,
  sizes: Map<number, { bytes: number; shape: number[] | undefined }>,
): string {
  const name = (s: number[] | undefined): string => s ? `tensor [${s.join(", ")}]` : "scratch";
  const largest = [...sizes.values()].sort((a, b) => b.bytes - a.bytes).slice(0, 5)
    .map((a) => `${name(a.shape)} ${mebibytes(a.bytes)}`).join(", ");
  return `out of memory: cannot allocate ${mebibytes(bytes)} for ${name(shape)} on the WASM heap ` +
    `(${mebibytes(live)} of at most ${mebibytes(HEAP_LIMIT)} in use; largest: ${
      largest || "none"
    }); lower data.batch, data.crop or model.width`;
}
