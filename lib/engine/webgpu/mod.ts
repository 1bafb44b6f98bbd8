/**
 * The WebGPU engine: an own device with the adapter's maximum limits, errors that are thrown, and
 * kernels made for training. Importing it loads tfjs's WebGPU backend but opens no device.
 *
 * @module
 */
export { type WebgpuCounters } from "./counters.ts";
export {
  adapterName,
  isSoftwareAdapter,
  openDevice,
  type OpenDeviceOptions,
  requestAdapter,
  type TrainingDevice,
} from "./device.ts";
export { ErrorCollector } from "./error_collector.ts";
export { assertTensorFits, largestTensorBytes, type TensorLimit } from "./limits.ts";
export {
  disposeWebgpuBackend,
  registerWebgpuBackend,
  type RegisterWebgpuOptions,
} from "./register.ts";
export { TrainingBackend, trainingBackend } from "./training_backend.ts";
