/**
 * Launches, transfers and bytes of the WebGPU backend: figures that do not depend on the adapter.
 *
 * @module
 */

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
