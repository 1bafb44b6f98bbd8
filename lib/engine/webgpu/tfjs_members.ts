/**
 * The private members of tfjs's WebGPU backend that the engine uses: named in this file alone, and
 * checked before use because tfjs does not promise them (pinned to 4.22.0).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { StoredTensor } from "./context.ts";
import type { TfjsUniform, UniformBinding } from "./gpu_buffers.ts";

/** The version of tfjs whose private members this file knows. */
const TFJS_VERSION = "4.22.0";

/** What the backend keeps of a tensor; `float16` is added by this engine. */
export interface TensorData extends StoredTensor {
  values: tf.BackendValues | null;
  refCount: number;
  external?: boolean;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo } | null;
}

/** The members of tfjs's backend that are used here, public and private. */
export interface TfjsBackend extends tf.KernelBackend {
  device: GPUDevice;
  queue: GPUQueue;
  bufferManager: unknown;
  tensorMap: tf.DataStorage<TensorData>;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  stagingPendingDisposal: GPUBuffer[];
  uniformPendingDisposal: GPUBuffer[];
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
  uploadToGPU(dataId: tf.DataId): void;
  makeUniforms(uniforms: TfjsUniform[]): UniformBinding;
  shouldExecuteOnCPU(inputs: tf.TensorInfo[], sizeThreshold?: number): boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.BackendValues): tf.TensorInfo;
  recordAndSubmit(
    program: unknown,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    uniforms?: TfjsUniform[],
  ): void;
  readToGPU(dataId: tf.DataId): tf.GPUData;
  read(dataId: tf.DataId): Promise<tf.BackendValues>;
  dispose(): void;
}

/** tfjs's backend class, typed by an interface: its typings mark most of these members private. */
export const TfjsWebGpuBackend: new (device: GPUDevice, info: GPUAdapterInfo) => TfjsBackend =
  WebGPUBackend as unknown as new (device: GPUDevice, info: GPUAdapterInfo) => TfjsBackend;

/**
 * Checks that the installed tfjs has the private members that this file names.
 *
 * @throws {Error} If it is another version or lacks one of them.
 */
export function assertKnownTfjs(backend: TfjsBackend): void {
  const version = tf.version_core;
  const known = ["tensorMap", "dispatchCountInPass", "uniformPendingDisposal"] as const;
  if (version === TFJS_VERSION && known.every((name) => name in backend)) return;
  throw new Error(
    `Cannot use the WebGPU engine with @tensorflow/tfjs ${version}: it is written for ` +
      `${TFJS_VERSION}, install exactly that version of @tensorflow/tfjs and ` +
      `@tensorflow/tfjs-backend-webgpu`,
  );
}
