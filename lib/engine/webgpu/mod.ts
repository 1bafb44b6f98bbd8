/**
 * The WebGPU engine: an own device with the adapter's maximum limits, errors that are thrown, and
 * kernels made for training. Importing it loads tfjs's WebGPU backend but opens no device.
 *
 * @module
 */
export type { WebgpuCounters } from "./context.ts";
export type { AdapterApi, OpenDeviceOptions } from "./adapter.ts";
export type { ErrorCollector, TrainingDevice } from "./device.ts";
export type { TileName } from "./gemm_tiles.ts";
export { assertTensorFits, largestTensorBytes, type TensorLimit } from "./limits.ts";
export {
  disposeWebgpuBackend,
  registerWebgpuBackend,
  type RegisterWebgpuOptions,
  trainingBackend,
} from "./register.ts";
export type { TrainingBackend } from "./training_backend.ts";
