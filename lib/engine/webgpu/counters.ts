/**
 * What the WebGPU backend did, in figures that do not depend on the adapter.
 *
 * @module
 */

/** Counts since the last {@linkcode resetCounters}. */
export interface WebgpuCounters {
  /** Kernels launched. */
  dispatches: number;
  /** Command buffers handed to the queue. */
  submits: number;
  /** Tensors copied from the processor to the adapter. */
  uploads: number;
  /** Bytes of those tensors. */
  uploadBytes: number;
  /** Bytes of kernel parameters written; no tensor data. */
  uniformBytes: number;
  /** Copies from the adapter to the processor. */
  readbacks: number;
  /** Most bytes in buffers that held a tensor or were in use otherwise. */
  peakUsedBytes: number;
  /** Most bytes allocated, free buffers of the pool included: the real footprint. */
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
