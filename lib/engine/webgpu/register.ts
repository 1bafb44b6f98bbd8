/**
 * Registers the training backend in place of tfjs's WebGPU backend, with the engine's kernels, and with
 * gradients in place of those of tfjs that need tensors made on the processor (`ones` of the input's
 * size, uploaded at each call) or two passes where one is enough.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { findGpu, type OpenDeviceOptions } from "./adapter.ts";
import { openDevice } from "./device.ts";
import { probeSubgroups } from "./subgroups.ts";
import { DISPATCHES_PER_SUBMIT, TrainingBackend } from "./training_backend.ts";
import { tunedTiles } from "./tile_tuner.ts";
import type { WebGpuContext } from "./context.ts";
import { attention, attentionGrad } from "./kernels/attention.ts";
import { batchMatMul, fusedMatMul } from "./kernels/batch_mat_mul.ts";
import { activate, activateGrad } from "./kernels/activations.ts";
import { batchNormActivationTrain, batchNormTrain } from "./kernels/batch_norm_train.ts";
import {
  batchNormActivationTrainGrad,
  batchNormTrainGrad,
} from "./kernels/batch_norm_train_grad.ts";
import { biasGrad, biasReluGrad } from "./kernels/bias_grad.ts";
import {
  globalAveragePool,
  globalAveragePoolGrad,
  scaleChannels,
  scaleChannelsGrad,
} from "./kernels/channel_maps.ts";
import { checkGradients } from "./kernels/check_gradients.ts";
import { concatChannels, splitV } from "./kernels/concat.ts";
import { conv2d, fusedConv2d } from "./kernels/conv2d.ts";
import { conv2dBackpropFilter, dilatedConvFilterGrad } from "./kernels/conv2d_backprop_filter.ts";
import { conv2dBackpropInput, dilatedConvInputGrad } from "./kernels/conv2d_backprop_input.ts";
import {
  depthwiseConv2d,
  depthwiseInputGrads,
  fusedDepthwiseConv2d,
} from "./kernels/depthwise_conv.ts";
import { depthwiseFilterGrads } from "./kernels/depthwise_filter_grad.ts";
import { add, leakyReluGrad, multiply, relu } from "./kernels/elementwise.ts";
import { adamUpdate, movingAverage, sgdUpdate, sgdUpdateIf } from "./kernels/in_place_updates.ts";
import { type Kernel, restoreTfjsKernel, saveTfjsKernel } from "./kernels/kernel.ts";
import { layerNorm, layerNormGrad } from "./kernels/layer_norm.ts";
import { maxPool, maxPoolGrad } from "./kernels/max_pool.ts";
import { resizeBilinear, resizeBilinearGrad } from "./kernels/resize_bilinear.ts";
import { resizeNearest, resizeNearestGrad } from "./kernels/resize_nearest.ts";
import { softmaxCrossEntropy } from "./kernels/softmax_cross_entropy.ts";
import { mean, sum } from "./kernels/reduction.ts";
import { unpackBatch } from "./kernels/unpack_batch.ts";
import { registerGradients, unregisterGradients } from "./tfjs_gradients.ts";

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
  const gpu = options.gpu ?? await findGpu();
  const backend = withNavigatorGpu(gpu, () => new TrainingBackend(training, capBytes));
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
function withNavigatorGpu<T>(gpu: GPU | null, make: () => T): T {
  const scope = globalThis as { navigator?: { gpu?: GPU } };
  if (gpu === null || scope.navigator?.gpu !== undefined) return make();
  // Node 20 has no navigator at all
  const owner: object = scope.navigator ?? scope;
  const [name, value] = owner === scope ? ["navigator", { gpu }] : ["gpu", gpu];
  Object.defineProperty(owner, name, { value, configurable: true });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(owner, name);
  }
}

// deno-lint-ignore no-explicit-any -- the list holds kernels of every type of attributes
const KERNELS: Kernel<any>[] = [
  activate,
  activateGrad,
  add,
  adamUpdate,
  attention,
  attentionGrad,
  batchMatMul,
  batchNormActivationTrain,
  batchNormActivationTrainGrad,
  batchNormTrain,
  batchNormTrainGrad,
  biasGrad,
  biasReluGrad,
  concatChannels,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  dilatedConvFilterGrad,
  dilatedConvInputGrad,
  depthwiseConv2d,
  ...depthwiseFilterGrads,
  ...depthwiseInputGrads,
  fusedConv2d,
  fusedDepthwiseConv2d,
  globalAveragePool,
  globalAveragePoolGrad,
  fusedMatMul,
  checkGradients,
  layerNorm,
  layerNormGrad,
  leakyReluGrad,
  maxPool,
  maxPoolGrad,
  mean,
  movingAverage,
  multiply,
  relu,
  resizeBilinear,
  resizeBilinearGrad,
  resizeNearest,
  resizeNearestGrad,
  scaleChannels,
  scaleChannelsGrad,
  sgdUpdate,
  sgdUpdateIf,
  softmaxCrossEntropy,
  splitV,
  sum,
  unpackBatch,
];

/** Names of the kernels that this engine adds or replaces. */
export const KERNEL_NAMES: string[] = KERNELS.map((kernel) => kernel.name);

let registered = false;

/** Registers the engine's kernels in place of tfjs's of the same name. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  for (const kernel of KERNELS) {
    saveTfjsKernel(kernel.name);
    if (tf.getKernel(kernel.name, "webgpu") != null) tf.unregisterKernel(kernel.name, "webgpu");
    tf.registerKernel({
      kernelName: kernel.name,
      backendName: "webgpu",
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel.run({
          inputs: inputs as Record<string, tf.TensorInfo>,
          attrs,
          backend: backend as unknown as WebGpuContext,
        }),
    });
  }
}

/** Restores tfjs's own kernels. */
export function unregisterKernels(): void {
  if (!registered) return;
  registered = false;
  for (const { name } of KERNELS) {
    tf.unregisterKernel(name, "webgpu");
    restoreTfjsKernel(name);
  }
}
