/**
 * Registers the training backend in place of tfjs's WebGPU backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { openDevice, type OpenDeviceOptions } from "./device.ts";
import { registerGradients, unregisterGradients } from "./register_gradients.ts";
import { registerKernels, unregisterKernels } from "./register_kernels.ts";
import { probeSubgroups } from "./subgroups.ts";
import { DISPATCHES_PER_SUBMIT, TrainingBackend } from "./training_backend.ts";
import { tunedTiles } from "./tile_tuner.ts";

/** Options of {@linkcode registerWebgpuBackend}. */
export interface RegisterWebgpuOptions extends OpenDeviceOptions {
  /**
   * Most bytes that the backend may allocate.
   * @default Infinity
   */
  capBytes?: number;
  /**
   * Whether the fastest tiles of matrix products are measured, which takes about a second, once
   * per adapter (they are kept in the user's cache folder).
   * @default on real adapters
   */
  tune?: boolean;
}

/**
 * Opens a device, registers the backend "webgpu" on it and makes it the current one.
 *
 * @throws {Error} If there is no fit adapter, or tfjs is not the pinned version.
 *
 * @example Where there is an adapter
 * ```ts
 * import { tf } from "@segadv/segadv";
 * import { disposeWebgpuBackend, registerWebgpuBackend } from "@segadv/segadv/webgpu";
 * import assert from "node:assert/strict";
 *
 * if (await navigator.gpu?.requestAdapter()) {
 *   const backend = await registerWebgpuBackend({ capBytes: 2 ** 30 });
 *   const sum = tf.add(tf.tensor1d([1, 2]), 3);
 *   assert.deepEqual([...await sum.data()], [4, 5]);
 *   await backend.training.errors.check();
 *   disposeWebgpuBackend();
 * }
 * ```
 */
export async function registerWebgpuBackend(
  options: RegisterWebgpuOptions = {},
): Promise<TrainingBackend> {
  const training = await openDevice(options);
  disposeWebgpuBackend();
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", DISPATCHES_PER_SUBMIT);
  const capBytes = options.capBytes ?? Infinity;
  const backend = withNavigatorGpu(options.gpu, () => new TrainingBackend(training, capBytes));
  tf.registerBackend("webgpu", () => backend, 3);
  registerKernels();
  registerGradients();
  await tf.setBackend("webgpu");
  backend.subgroups = await probeSubgroups(training.device);
  if (options.tune ?? !training.software) backend.tiles = await tunedTiles(backend);
  return backend;
}

/**
 * Removes the backend "webgpu" and destroys its device; its tensors are gone.
 *
 * @example
 * ```ts
 * import { tf } from "@segadv/segadv";
 * import { disposeWebgpuBackend } from "@segadv/segadv/webgpu";
 * import assert from "node:assert/strict";
 *
 * disposeWebgpuBackend();
 * assert.equal(tf.findBackendFactory("webgpu"), null);
 * ```
 */
export function disposeWebgpuBackend(): void {
  if (tf.findBackendFactory("webgpu") == null) return;
  tf.removeBackend("webgpu");
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", 15); // tfjs's own
  unregisterGradients();
  unregisterKernels();
}

/**
 * The current backend as a {@linkcode TrainingBackend}.
 *
 * @throws {Error} If another backend is current.
 *
 * @example
 * ```ts
 * import { useBackend } from "@segadv/segadv";
 * import { trainingBackend } from "@segadv/segadv/webgpu";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * assert.throws(() => trainingBackend(), /current backend is "cpu"/);
 * ```
 */
export function trainingBackend(): TrainingBackend {
  const backend = tf.backend();
  if (backend instanceof TrainingBackend) return backend;
  throw new Error(
    `Cannot reach the WebGPU engine: the current backend is "${tf.getBackend()}", select it with ` +
      `useBackend({ backend: "webgpu" }) first`,
  );
}

/** tfjs's constructor throws where `navigator.gpu` is missing, though it is given a device. */
function withNavigatorGpu<T>(gpu: GPU | undefined, make: () => T): T {
  const navigator = globalThis.navigator as { gpu?: GPU };
  if (gpu === undefined || navigator.gpu !== undefined) return make();
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    return make();
  } finally {
    delete navigator.gpu;
  }
}
