import { countingGpu, type GpuCounts } from "./counting_gpu.ts";

/**
 * A WebGPU implementation that computes nothing and holds no memory, but counts what it is asked
 * for: full-size training steps can be counted on a laptop. Reading back gives zeros.
 */
export function dryGpu(): { gpu: GPU; counts: GpuCounts } {
  const requestAdapter = () =>
    Promise.resolve({
      info: { vendor: "dry", architecture: "", device: "", description: "dry run" },
      features: new Set<string>(),
      limits: LIMITS,
      requestDevice: () => Promise.resolve(dryDevice()),
    });
  return countingGpu({ requestAdapter } as unknown as GPU);
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

function dryDevice(): GPUDevice {
  const pipeline = { getBindGroupLayout: () => ({}) };
  const device = Object.assign(new EventTarget(), {
    limits: LIMITS,
    features: new Set<string>(),
    lost: new Promise(() => {}),
    queue: { submit() {}, writeBuffer() {}, onSubmittedWorkDone: () => Promise.resolve() },
    createBuffer: dryBuffer,
    createCommandEncoder: () => ({
      beginComputePass: () => ({
        setPipeline() {},
        setBindGroup() {},
        dispatchWorkgroups() {},
        end() {},
      }),
      copyBufferToBuffer() {},
      finish: () => ({}),
    }),
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipeline: () => pipeline,
    createBindGroup: () => ({}),
    destroy() {},
  });
  return device as unknown as GPUDevice;
}

/** Stands for the class where the runtime has none. */
class DryBuffer {}

/** tfjs asks `instanceof GPUBuffer` before it releases one. */
function dryBuffer({ size, usage, mappedAtCreation = false }: GPUBufferDescriptor): GPUBuffer {
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
    destroy() {},
  };
  const { prototype } = (globalThis as { GPUBuffer?: typeof DryBuffer }).GPUBuffer ?? DryBuffer;
  return Object.create(prototype, Object.getOwnPropertyDescriptors(members)) as GPUBuffer;
}
