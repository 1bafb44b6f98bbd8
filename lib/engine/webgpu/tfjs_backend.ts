/**
 * The private members of tfjs's WebGPU backend that the engine uses: named in this file alone, and
 * checked before use because they are no promise of tfjs (pinned to 4.22.0).
 */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { UniformBinding } from "./uniform_arena.ts";

/** The version of tfjs whose private members this file knows. */
const TFJS_VERSION = "4.22.0";

/** What the backend keeps of a tensor. */
export interface TensorData {
  dtype: tf.DataType;
  shape: number[];
  values: tf.BackendValues | null;
  refCount: number;
  resource?: GPUBuffer | null;
  external?: boolean;
  /** Own: the buffer holds 16-bit floats; see `halves.ts`. */
  half?: boolean;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo } | null;
}

export interface ProgramUniform {
  type: string;
  data: number[];
}

/** The members of tfjs's backend that are used here, public and private. */
export interface StockBackend extends tf.KernelBackend {
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
  makeUniforms(uniforms: ProgramUniform[]): UniformBinding;
  shouldExecuteOnCPU(inputs: tf.TensorInfo[], sizeThreshold?: number): boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.BackendValues): tf.TensorInfo;
  recordAndSubmit(
    program: unknown,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    uniforms?: ProgramUniform[],
  ): void;
  readToGPU(dataId: tf.DataId): tf.GPUData;
  read(dataId: tf.DataId): Promise<tf.BackendValues>;
  dispose(): void;
}

// The typings mark most of these members private, so the class is seen through an interface.
export const Stock: new (device: GPUDevice, info: GPUAdapterInfo) => StockBackend =
  WebGPUBackend as unknown as new (device: GPUDevice, info: GPUAdapterInfo) => StockBackend;

/** Refuses a tfjs whose private members may be others. */
export function assertKnownTfjs(backend: StockBackend): void {
  const version = tf.version_core;
  const known = ["tensorMap", "dispatchCountInPass", "uniformPendingDisposal"] as const;
  if (version === TFJS_VERSION && known.every((name) => name in backend)) return;
  throw new Error(
    `Cannot use the WebGPU engine with @tensorflow/tfjs ${version}: it is written for ` +
      `${TFJS_VERSION}, install exactly that version of @tensorflow/tfjs and ` +
      `@tensorflow/tfjs-backend-webgpu`,
  );
}
