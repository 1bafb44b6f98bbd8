/** What the backend is handed to record. */

/** One kernel launch on tensors; see `TrainingBackend.launch`. */
export interface Launch {
  pipeline: GPUComputePipeline;
  /** Scalars of the kernel, in order, already as bytes. */
  uniforms: ArrayBuffer;
  /** Bound from binding 1 on, in order. */
  buffers: GPUBuffer[];
  grid: [number, number, number];
}

/** Work that is recorded before anything else uses its buffers, at the latest with the submit. */
export interface DeferredWork {
  buffers: Set<GPUBuffer>;
  record(): void;
}
