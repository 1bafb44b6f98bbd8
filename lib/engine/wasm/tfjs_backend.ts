import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import type { TfjsWasmBackend } from "./tfjs_members.ts";

/** TensorFlow.js' own factory, kept so that the engine can be started and taken away repeatedly. */
let stockFactory: (() => tf.KernelBackend | Promise<tf.KernelBackend>) | undefined;

/** The factory under which TensorFlow.js registered its WASM backend. */
export function getStockFactory(): () => tf.KernelBackend | Promise<tf.KernelBackend> {
  stockFactory ??= tf.findBackendFactory("wasm");
  if (!stockFactory) {
    throw new Error("cannot start the WASM engine: @tensorflow/tfjs-backend-wasm is not loaded");
  }
  return stockFactory;
}

/**
 * Makes a stock backend, on a shared memory where `shared`: TensorFlow.js finds and reads its
 * binary itself (from a folder or over http, as everywhere), and while it does so the bytes pass
 * through a patch of one flag in the memory section.
 */
export async function makeStockBackend(shared: boolean): Promise<TfjsWasmBackend> {
  const original = WebAssembly.instantiate;
  const forget = watchListeners();
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
  }
  try {
    return await getStockFactory()() as TfjsWasmBackend;
  } finally {
    WebAssembly.instantiate = original;
    forget();
  }
}

/**
 * Emscripten's start-up adds process-wide handlers that throw every uncaught error again, which
 * changes exit codes. The returned function takes away what was added since.
 */
function watchListeners(): () => void {
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
