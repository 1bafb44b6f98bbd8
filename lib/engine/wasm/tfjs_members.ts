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

/**
 * Tells the stock kernels that a tensor was written in place. They pack weights once for each tensor
 * number and would go on using the packed old values: the tensor gets a new number.
 */
export function markWritten(backend: TfjsWasmBackend, tensor: tf.TensorInfo): void {
  const data = backend.dataIdMap.get(tensor.dataId);
  backend.wasm.tfjs.disposeData(data.id);
  data.id = backend.dataIdNextNumber++;
  const size = tensor.shape.reduce((product, length) => product * length, 1);
  backend.wasm.tfjs.registerTensor(data.id, size, data.memoryOffset);
}
