/**
 * What the parts of the WebGPU backend share: the interface that kernels, the dispatcher and the tile
 * tuner take, which the backend implements so that none of them depends on its file; and the counts of
 * launches, transfers and bytes, which do not depend on the adapter.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { TrainingDevice } from "./device.ts";
import type { TileName } from "./gemm_tiles.ts";
import type { Subgroups } from "./wgsl.ts";

/** The WebGPU backend as seen by its kernels. */
export interface WebGpuContext {
  readonly device: GPUDevice;
  readonly training: TrainingDevice;
  /** Compiled kernels by their keys. */
  readonly pipelines: Map<string, GPUComputePipeline>;
  /** How kernels may use subgroups; `null`: not at all. */
  readonly subgroups: Subgroups | null;
  /** Whether inner loops are unrolled as text; software adapters compile that too slowly. */
  readonly unroll: boolean;
  /** Whether float16 storage is bound as WGSL's f16, else as packed pairs. */
  readonly nativeFloat16: boolean;
  readonly tensorMap: { get(dataId: tf.DataId): StoredTensor };
  /** Work that waits for more of its kind before it is recorded. */
  deferred: DeferredWork | null;

  /** Tile of a matrix product `[m, n]`; results of all tiles are bit-identical. */
  tileFor(m: number, n: number): TileName;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: tf.DataId): boolean;
  /** Whether tfjs computes an op on these inputs on the processor, as it does on small ones. */
  shouldExecuteOnCPU(inputs: tf.TensorInfo[]): boolean;
  /** Whether a tensor is in float16 storage. */
  isFloat16(tensor: tf.TensorInfo): boolean;
  /** The buffer of a tensor with 32-bit elements, uploaded, allocated or converted where needed. */
  bufferOf(tensor: tf.TensorInfo): GPUBuffer;
  /** The buffer of a tensor in float16 storage, allocated where needed. */
  float16BufferOf(tensor: tf.TensorInfo): GPUBuffer;
  /** Records one kernel launch, in order with tfjs's own. */
  launch(launch: Launch): void;
  /** Records deferred work now. */
  recordDeferred(): void;
  /** Submits everything recorded to the queue. */
  flush(): void;
}

/** What the backend keeps of a tensor. */
export interface StoredTensor {
  /** Type of the buffer's elements, which may differ from the tensor's after a cast. */
  dtype: tf.DataType;
  shape: number[];
  resource?: GPUBuffer | null;
  /** Whether the buffer holds, or will hold, 16-bit floats; see `float16_storage.ts`. */
  float16?: boolean;
}

/** One kernel launch. */
export interface Launch {
  pipeline: GPUComputePipeline;
  /** Scalars of the kernel, in order, as bytes. */
  uniforms: ArrayBuffer;
  /** Bound from binding 1 on, in order. */
  buffers: GPUBuffer[];
  /** Workgroups. */
  grid: [x: number, y: number, z: number];
}

/** Work that is recorded before anything else uses its buffers, at the latest with the submit. */
export interface DeferredWork {
  buffers: Set<GPUBuffer>;
  record(): void;
}

/** Counts since the backend was registered. */
export interface WebgpuCounters {
  /** Kernels launched. */
  dispatches: number;
  /** Command buffers submitted to the queue. */
  submits: number;
  /** Tensors copied from the processor to the adapter. */
  uploads: number;
  /** Bytes of those tensors. */
  uploadBytes: number;
  /** Bytes of uniforms written; no tensor data. */
  uniformBytes: number;
  /** Copies from the adapter to the processor. */
  readbacks: number;
  /** Most bytes in buffers in use. */
  peakUsedBytes: number;
  /** Most bytes allocated, free buffers of the pool included. */
  peakAllocatedBytes: number;
}

/** All counts at zero. */
export function newCounters(): WebgpuCounters {
  return {
    dispatches: 0,
    submits: 0,
    uploads: 0,
    uploadBytes: 0,
    uniformBytes: 0,
    readbacks: 0,
    peakUsedBytes: 0,
    peakAllocatedBytes: 0,
  };
}
