import * as tf from "@tensorflow/tfjs";
import { ACTIVATION, ACTIVATION_GRAD } from "../ops/activations.ts";
import {
  BATCH_NORM_ACTIVATION_TRAIN,
  BATCH_NORM_ACTIVATION_TRAIN_GRAD,
} from "../ops/batch_norm.ts";
import {
  GLOBAL_AVERAGE_POOL,
  GLOBAL_AVERAGE_POOL_GRAD,
  SCALE_CHANNELS,
  SCALE_CHANNELS_GRAD,
} from "../ops/channel_maps.ts";
import { DEPTHWISE_FILTER_GRAD, DEPTHWISE_INPUT_GRAD } from "../ops/depthwise_conv.ts";
import {
  ADAM_UPDATE,
  ATTENTION,
  ATTENTION_GRAD,
  BATCH_NORM_LEAKY_TRAIN,
  BATCH_NORM_LEAKY_TRAIN_GRAD,
  BATCH_NORM_TRAIN,
  BATCH_NORM_TRAIN_GRAD,
  BIAS_GRAD,
  BIAS_LEAKY_RELU_GRAD,
  BIAS_RELU_GRAD,
  DILATED_CONV_FILTER_GRAD,
  DILATED_CONV_INPUT_GRAD,
  LAYER_NORM,
  LAYER_NORM_GRAD,
  LEAKY_RELU_GRAD,
  MOVING_AVERAGE,
  ONE_HOT,
  RESIZE_BILINEAR,
  RESIZE_BILINEAR_GRAD,
  RESIZE_NEAREST,
  RESIZE_NEAREST_GRAD,
  SGD_UPDATE,
  SOFTMAX_CROSS_ENTROPY,
} from "../ops/kernels.ts";
import { attention, attentionGrad } from "./kernels/attention.ts";
import { replaceConvGradients, restoreConvGradients } from "../ops/dilated_conv2d.ts";
import { batchNormTrain, batchNormTrainGrad } from "./kernels/batch_norm.ts";
import { biasGrad, biasReluGrad, conv2dFilterGrad } from "./kernels/conv_weight_grads.ts";
import { conv2d, fusedConv2d } from "./kernels/conv_forward.ts";
import { conv2dInputGrad } from "./kernels/conv_input_grad.ts";
import { avgPoolGrad, maxPool, maxPoolGrad } from "./kernels/channel_windows.ts";
import {
  activate,
  globalAveragePool,
  globalAveragePoolGrad,
  scaleChannels,
  scaleChannelsGrad,
} from "./kernels/activations.ts";
import { depthwiseConv2d, depthwiseFilterGrad, depthwiseInputGrad } from "./kernels/depthwise.ts";
import {
  adamUpdate,
  leakyRelu,
  leakyReluGrad,
  movingAverage,
  sgdUpdate,
} from "./kernels/elementwise.ts";
import { type Engine, startEngine } from "./engine.ts";
import { layerNorm, layerNormGrad } from "./kernels/layer_norm.ts";
import { batchMatMul, fusedMatMul } from "./kernels/mat_mul.ts";
import { oneHot, softmaxCrossEntropy } from "./kernels/labels.ts";
import {
  resizeBilinear,
  resizeBilinearGrad,
  resizeNearest,
  resizeNearestBlockGrad,
  resizeNearestGrad,
  tfjsResizeBilinearGrad,
} from "./kernels/resize.ts";
import { concatenate, identity, splitV, tile, unsortedSegmentSum } from "./kernels/shape_ops.ts";
import { hasRelaxedSimd } from "./relaxed_simd.ts";
import { getTfjsFactory, type KernelCall } from "./tfjs_backend.ts";
import { processorCount } from "../../util/host.ts";

/** How {@linkcode registerWasmBackend} starts the engine. */
export interface WasmBackendOptions {
  /** Threads that share the work, the main one included. @default all cores */
  threads?: number;
  /**
   * Kernels with relaxed SIMD (fused multiply-add): faster, but their last bits depend on the CPU
   * and engine. "auto" takes them where the engine has them. @default false
   */
  relaxedSimd?: boolean | "auto";
  /** Bit-identical in Deno and Bun, for any number of threads; excludes relaxed SIMD. @default false */
  deterministic?: boolean;
}

/** What {@linkcode registerWasmBackend} started. */
export interface WasmBackendInfo {
  /** Threads that work, the main one included. */
  threads: number;
  /** The binary in use: "plain" is bit-identical everywhere, "relaxed" on one engine and CPU. */
  build: "plain" | "relaxed";
  /** Whether the heap is shared between threads; without it there is one thread. */
  sharedMemory: boolean;
  /** Largest number of bytes allocated on the WASM heap at any time since the start. */
  peakBytes(): number;
  /** Bytes allocated on the WASM heap now. */
  liveBytes(): number;
}

type KernelFunction = (
  engine: Engine,
  call: KernelCall,
) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Kernels of TensorFlow.js that the engine replaces or adds. */
const KERNELS: Record<string, KernelFunction> = {
  Conv2D: conv2d,
  FusedConv2D: fusedConv2d,
  Conv2DBackpropInput: conv2dInputGrad,
  Conv2DBackpropFilter: conv2dFilterGrad,
  MaxPoolGrad: maxPoolGrad,
  MaxPool: maxPool,
  AvgPoolGrad: avgPoolGrad,
  DepthwiseConv2dNative: depthwiseConv2d,
  FusedDepthwiseConv2D: depthwiseConv2d,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGrad,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGrad,
  [DEPTHWISE_INPUT_GRAD]: depthwiseInputGrad,
  [DEPTHWISE_FILTER_GRAD]: depthwiseFilterGrad,
  [ACTIVATION]: activate,
  [ACTIVATION_GRAD]: activate,
  [GLOBAL_AVERAGE_POOL]: globalAveragePool,
  [GLOBAL_AVERAGE_POOL_GRAD]: globalAveragePoolGrad,
  [SCALE_CHANNELS]: scaleChannels,
  [SCALE_CHANNELS_GRAD]: scaleChannelsGrad,
  ResizeBilinearGrad: tfjsResizeBilinearGrad,
  ResizeNearestNeighborGrad: resizeNearestGrad,
  Identity: identity,
  Tile: tile,
  UnsortedSegmentSum: unsortedSegmentSum,
  LeakyRelu: leakyRelu,
  [BATCH_NORM_TRAIN]: batchNormTrain,
  [BATCH_NORM_TRAIN_GRAD]: batchNormTrainGrad,
  [BATCH_NORM_LEAKY_TRAIN]: batchNormTrain,
  [BATCH_NORM_LEAKY_TRAIN_GRAD]: batchNormTrainGrad,
  [BATCH_NORM_ACTIVATION_TRAIN]: batchNormTrain,
  [BATCH_NORM_ACTIVATION_TRAIN_GRAD]: batchNormTrainGrad,
  [LAYER_NORM]: layerNorm,
  [LAYER_NORM_GRAD]: layerNormGrad,
  [ATTENTION]: attention,
  [ATTENTION_GRAD]: attentionGrad,
  [SOFTMAX_CROSS_ENTROPY]: softmaxCrossEntropy,
  [DILATED_CONV_INPUT_GRAD]: conv2dInputGrad,
  [DILATED_CONV_FILTER_GRAD]: conv2dFilterGrad,
  [BIAS_GRAD]: biasGrad,
  [BIAS_RELU_GRAD]: biasReluGrad,
  [BIAS_LEAKY_RELU_GRAD]: biasReluGrad,
  [LEAKY_RELU_GRAD]: leakyReluGrad,
  [ONE_HOT]: oneHot,
  [RESIZE_BILINEAR]: resizeBilinear,
  [RESIZE_BILINEAR_GRAD]: resizeBilinearGrad,
  [RESIZE_NEAREST]: resizeNearest,
  [RESIZE_NEAREST_GRAD]: resizeNearestBlockGrad,
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
  Concat: concatenate,
  SplitV: splitV,
  [SGD_UPDATE]: sgdUpdate,
  [ADAM_UPDATE]: adamUpdate,
  [MOVING_AVERAGE]: movingAverage,
};

const PRIORITY = 2;
let current: Engine | undefined;
let tfjsKernels: tf.KernelConfig[] = [];

/**
 * Replaces TensorFlow.js' backend "wasm" by the training engine: the same backend with kernels
 * for convolution and its gradients, pooling, batch norm, losses and optimizers, on all cores.
 * Select it afterwards with `tf.setBackend("wasm")`. Calling it again restarts the engine; tensors
 * of the former one are lost.
 *
 * @throws {RangeError} If `threads` is not a positive integer
 * @throws {TypeError} If `relaxedSimd` and `deterministic` are both true
 * @throws {Error} If `relaxedSimd` is true and the engine lacks it
 *
 * @example
 * ```ts
 * import { registerWasmBackend } from "@segadv/segadv/wasm";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const { build } = await registerWasmBackend({ threads: 1 });
 * await tf.setBackend("wasm");
 * assert.equal(build, "plain");
 * const x = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
 * const dw = tf.grad((w: tf.Tensor) => tf.conv2d(x, w as tf.Tensor4D, 1, "valid"))(
 *   tf.ones([3, 3, 1, 1]),
 * );
 * assert.deepEqual([...await dw.data()], Array(9).fill(4));
 * ```
 */
export async function registerWasmBackend(
  options: WasmBackendOptions = {},
): Promise<WasmBackendInfo> {
  const threads = options.threads ?? processorCount();
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads must be a positive integer, got ${threads}`);
  }
  const relaxed = chooseRelaxed(options);
  await disposeWasmBackend();
  getTfjsFactory();
  const engine = await startEngine({ threads, relaxed });
  tf.removeBackend("wasm");
  tfjsKernels = [];
  for (const [name, kernel] of Object.entries(KERNELS)) replaceKernel(engine, name, kernel);
  tf.registerBackend("wasm", () => engine.backend, PRIORITY);
  replaceConvGradients();
  current = engine;
  return {
    threads: engine.pool.threads,
    build: engine.build,
    sharedMemory: engine.sharedMemory,
    peakBytes: engine.heap.peakBytes,
    liveBytes: engine.heap.liveBytes,
  };
}

/**
 * Ends the engine's threads and puts TensorFlow.js' own backend and kernels back. Tensors of the
 * engine are lost. Not needed at exit: idle threads do not keep a process alive.
 *
 * @example
 * ```ts
 * import { disposeWasmBackend, registerWasmBackend } from "@segadv/segadv/wasm";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await registerWasmBackend({ threads: 2 });
 * assert.ok(tf.getKernel("Conv2DBackpropFilter", "wasm"));
 * await disposeWasmBackend();
 * assert.equal(tf.getKernel("Conv2DBackpropFilter", "wasm"), undefined);
 * ```
 */
export async function disposeWasmBackend(): Promise<void> {
  if (!current) return;
  const engine = current;
  current = undefined;
  for (const name of Object.keys(KERNELS)) {
    if (tf.getKernel(name, "wasm")) tf.unregisterKernel(name, "wasm");
  }
  for (const kernel of tfjsKernels) tf.registerKernel(kernel);
  restoreConvGradients();
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", getTfjsFactory(), PRIORITY);
  await engine.pool.stop();
}

function replaceKernel(engine: Engine, name: string, kernel: KernelFunction): void {
  const original = tf.getKernel(name, "wasm");
  if (original) {
    tfjsKernels.push(original);
    tf.unregisterKernel(name, "wasm");
  }
  tf.registerKernel({
    kernelName: name,
    backendName: "wasm",
    ...(original?.setupFunc ? { setupFunc: original.setupFunc } : {}),
    kernelFunc: (args) => {
      const result = kernel(engine, args as unknown as KernelCall);
      if (result) return result;
      if (!original) throw new Error(`the WASM engine does not cover this case of ${name}`);
      return original.kernelFunc(args);
    },
  });
}

function chooseRelaxed(options: WasmBackendOptions): boolean {
  const wanted = options.relaxedSimd ?? false;
  if (options.deterministic && wanted === true) {
    throw new TypeError("deterministic: true excludes relaxedSimd: true; drop one of them");
  }
  if (options.deterministic || wanted === false) return false;
  const available = hasRelaxedSimd();
  if (wanted === true && !available) {
    throw new Error('this engine has no relaxed SIMD; use relaxedSimd: false or "auto"');
  }
  return available;
}
