/**
 * The WASM training engine: TensorFlow.js' WASM backend with kernels for training, on all cores.
 *
 * @module
 */
export {
  disposeWasmBackend,
  registerWasmBackend,
  type WasmBackendInfo,
  type WasmBackendOptions,
} from "./register.ts";
