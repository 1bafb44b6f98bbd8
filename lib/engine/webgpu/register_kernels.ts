/**
 * Registers the engine's kernels with tfjs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "./context.ts";
import { batchMatMul, fusedMatMul } from "./kernels/batch_mat_mul.ts";
import { batchNormTrain } from "./kernels/batch_norm_train.ts";
import { batchNormTrainGrad } from "./kernels/batch_norm_train_grad.ts";
import { biasGrad, biasReluGrad } from "./kernels/bias_grad.ts";
import { checkGradients } from "./kernels/check_gradients.ts";
import { conv2d, fusedConv2d } from "./kernels/conv2d.ts";
import { conv2dBackpropFilter } from "./kernels/conv2d_backprop_filter.ts";
import { conv2dBackpropInput } from "./kernels/conv2d_backprop_input.ts";
import { add, leakyReluGrad, multiply, relu } from "./kernels/elementwise.ts";
import { adamUpdate, movingAverage, sgdUpdate, sgdUpdateIf } from "./kernels/in_place_updates.ts";
import { type Kernel, restoreTfjsKernel, saveTfjsKernel } from "./kernels/kernel.ts";
import { maxPool, maxPoolGrad } from "./kernels/max_pool.ts";
import { resizeBilinear, resizeBilinearGrad } from "./kernels/resize_bilinear.ts";
import { softmaxCrossEntropy } from "./kernels/softmax_cross_entropy.ts";
import { mean, sum } from "./kernels/sum.ts";
import { unpackBatch } from "./kernels/unpack_batch.ts";

// deno-lint-ignore no-explicit-any -- the list holds kernels of every type of attributes
const KERNELS: Kernel<any>[] = [
  add,
  adamUpdate,
  batchMatMul,
  batchNormTrain,
  batchNormTrainGrad,
  biasGrad,
  biasReluGrad,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  fusedConv2d,
  fusedMatMul,
  checkGradients,
  leakyReluGrad,
  maxPool,
  maxPoolGrad,
  mean,
  movingAverage,
  multiply,
  relu,
  resizeBilinear,
  resizeBilinearGrad,
  sgdUpdate,
  sgdUpdateIf,
  softmaxCrossEntropy,
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
