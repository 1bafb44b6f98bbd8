/**
 * The private members of TensorFlow.js' WASM backend that the engine needs, typed in one place and
 * tested when the engine starts.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

/** TensorFlow.js' Emscripten module. */
export interface TfjsWasm {
  HEAP32: Int32Array;
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  asm: WebAssembly.Exports;
}

/** `BackendWasm`, as far as it is used here. */
export interface TfjsWasmBackend extends tf.KernelBackend {
  wasm: TfjsWasm;
  dataIdMap: { get(id: object): { memoryOffset: number } };
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
    typeof backend.makeOutput !== "function" || typeof backend.dataIdMap?.get !== "function"
  ) {
    throw new Error(
      "cannot use this version of @tensorflow/tfjs-backend-wasm: its internals changed; install " +
        "4.22.0",
    );
  }
  return memory;
}
