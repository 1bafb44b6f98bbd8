/**
 * Puts the training backend in the place of tfjs's WebGPU backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { openDevice, type OpenDeviceOptions } from "./device.ts";
import { registerGradients, unregisterGradients } from "./register_gradients.ts";
import { registerKernels, unregisterKernels } from "./register_kernels.ts";
import { DISPATCHES_PER_SUBMIT, TrainingBackend } from "./training_backend.ts";

/** Options of {@linkcode registerWebgpuBackend}. */
export interface RegisterWebgpuOptions extends OpenDeviceOptions {
  /**
   * Most bytes that the backend may allocate.
   * @default Infinity
   */
  capBytes?: number;
}

/**
 * Opens a device, registers the backend "webgpu" on it and makes it the current one.
 *
 * @throws {Error} If there is no fit adapter, or tfjs is not the pinned version.
 */
export async function registerWebgpuBackend(
  options: RegisterWebgpuOptions = {},
): Promise<TrainingBackend> {
  const training = await openDevice(options);
  disposeWebgpuBackend();
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", DISPATCHES_PER_SUBMIT);
  const backend = new TrainingBackend(training, options.capBytes ?? Infinity);
  tf.registerBackend("webgpu", () => backend, 3);
  registerKernels();
  registerGradients();
  await tf.setBackend("webgpu");
  return backend;
}

/** Removes the backend "webgpu" and destroys its device; its tensors are gone. */
export function disposeWebgpuBackend(): void {
  if (tf.findBackendFactory("webgpu") == null) return;
  tf.removeBackend("webgpu");
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", 15); // tfjs's own
  unregisterGradients();
  unregisterKernels();
}
