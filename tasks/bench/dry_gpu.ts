/** What a {@linkcode dryGpu} was asked to do. */
export interface DryCounts {
  dispatches: number;
  /** Bytes written into buffers that hold tensors, not parameters of kernels. */
  uploadBytes: number;
  submits: number;
  passes: number;
  bindGroups: number;
  buffers: number;
  /** Bytes in buffers now, and the most so far. */
  bytes: number;
  peakBytes: number;
}

const UNIFORM = 0x40;

/**
 * A WebGPU implementation that computes nothing and holds no memory, but counts what it is asked
 * for: full-size training steps can be counted on a laptop. Reading back gives zeros.
 */
export function dryGpu(): { gpu: GPU; counts: DryCounts } {
  const counts: DryCounts = {
    dispatches: 0,
    uploadBytes: 0,
    submits: 0,
    passes: 0,
    bindGroups: 0,
    buffers: 0,
    bytes: 0,
    peakBytes: 0,
  };
  const adapter = {
    info: { vendor: "dry", architecture: "", device: "", description: "dry run" },
    features: new Set<string>(),
    limits: LIMITS,
    requestDevice: () => Promise.resolve(dryDevice(counts)),
  };
  const gpu = { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
  return { gpu, counts };
}

const LIMITS = {
  maxBufferSize: 2 ** 34,
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxStorageBuffersPerShaderStage: 32,
  maxComputeWorkgroupStorageSize: 49152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
};

function dryDevice(counts: DryCounts): GPUDevice {
  const pass = {
    setPipeline() {},
    setBindGroup() {},
    dispatchWorkgroups: () => counts.dispatches++,
    end() {},
  };
  const encoder = {
    beginComputePass() {
      counts.passes++;
      return pass;
    },
    copyBufferToBuffer() {},
    finish: () => ({}),
  };
  const pipeline = { getBindGroupLayout: () => ({}) };
  const queue = {
    submit: () => counts.submits++,
    writeBuffer(buffer: GPUBuffer, _offset: number, data: ArrayBufferView, _o = 0, size?: number) {
      if ((buffer.usage & UNIFORM) === 0) counts.uploadBytes += size ?? data.byteLength;
    },
    onSubmittedWorkDone: () => Promise.resolve(),
  };
  const device = Object.assign(new EventTarget(), {
    limits: LIMITS,
    features: new Set<string>(),
    lost: new Promise(() => {}),
    queue,
    createBuffer: (options: GPUBufferDescriptor) => dryBuffer(counts, options),
    createCommandEncoder: () => encoder,
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipeline: () => pipeline,
    createBindGroup: () => counts.bindGroups++,
    destroy() {},
  });
  return device as unknown as GPUDevice;
}

/** Stands for the class where the runtime has none. */
class DryBuffer {}

/** tfjs asks `instanceof GPUBuffer` before it releases one. */
function dryBuffer(counts: DryCounts, options: GPUBufferDescriptor): GPUBuffer {
  const { size, usage, mappedAtCreation = false } = options;
  counts.buffers++;
  counts.bytes += size;
  counts.peakBytes = Math.max(counts.peakBytes, counts.bytes);
  if (mappedAtCreation) counts.uploadBytes += size;
  const state = { mapState: mappedAtCreation ? "mapped" : "unmapped" };
  const members = {
    size,
    usage,
    get mapState() {
      return state.mapState;
    },
    getMappedRange: () => new ArrayBuffer(size),
    unmap: () => state.mapState = "unmapped",
    mapAsync: () => Promise.resolve(void (state.mapState = "mapped")),
    destroy: () => counts.bytes -= size,
  };
  const { prototype } = (globalThis as { GPUBuffer?: typeof DryBuffer }).GPUBuffer ?? DryBuffer;
  return Object.create(prototype, Object.getOwnPropertyDescriptors(members)) as GPUBuffer;
}
