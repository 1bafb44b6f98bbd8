/** What a GPU was asked to do. */
export interface GpuCounts {
  dispatches: number;
  /** Bytes written into buffers that hold tensors, not parameters of kernels. */
  uploadBytes: number;
  submits: number;
  passes: number;
  bindGroups: number;
  /** Buffers mapped for the processor to read. */
  readbacks: number;
  buffers: number;
  /** Bytes in buffers now, and the most so far. */
  bytes: number;
  peakBytes: number;
}

const UNIFORM = 0x40;

/** A WebGPU implementation that counts what it is asked for and leaves the work to `gpu`. */
export function countingGpu(gpu: GPU): { gpu: GPU; counts: GpuCounts } {
  const counts: GpuCounts = {
    dispatches: 0,
    uploadBytes: 0,
    submits: 0,
    passes: 0,
    bindGroups: 0,
    readbacks: 0,
    buffers: 0,
    bytes: 0,
    peakBytes: 0,
  };
  const counted: Pick<GPU, "requestAdapter"> = {
    async requestAdapter(options) {
      const adapter = await gpu.requestAdapter(options);
      if (adapter === null) return null;
      after(adapter, "requestDevice", (device) => {
        void device.then((open) => countDevice(open, counts), () => {});
      });
      return adapter;
    },
  };
  return { gpu: counted as GPU, counts };
}

function countDevice(device: GPUDevice, counts: GpuCounts): void {
  after(device, "createBindGroup", () => counts.bindGroups++);
  after(device, "createBuffer", (buffer) => countBuffer(buffer, counts));
  after(device, "createCommandEncoder", (encoder) => {
    after(encoder, "beginComputePass", (pass) => {
      counts.passes++;
      after(pass, "dispatchWorkgroups", () => counts.dispatches++);
    });
  });
  after(device.queue, "submit", () => counts.submits++);
  after(device.queue, "writeBuffer", (_, [buffer, , data, , size]) => {
    if ((buffer.usage & UNIFORM) === 0) counts.uploadBytes += size ?? data.byteLength;
  });
}

function countBuffer(buffer: GPUBuffer, counts: GpuCounts): void {
  counts.buffers++;
  counts.bytes += buffer.size;
  counts.peakBytes = Math.max(counts.peakBytes, counts.bytes);
  if (buffer.mapState === "mapped") counts.uploadBytes += buffer.size;
  let alive = true;
  after(buffer, "destroy", () => {
    if (alive) counts.bytes -= buffer.size;
    alive = false;
  });
  after(buffer, "mapAsync", () => counts.readbacks++);
}

type Methods<T, K extends keyof T> = T[K] extends (...args: infer A) => infer R ? [A, R] : never;

/** Calls `look` with the result and the arguments of each call of a method of this one object. */
function after<T extends object, K extends keyof T>(
  target: T,
  name: K,
  look: (result: Methods<T, K>[1], args: Methods<T, K>[0]) => void,
): void {
  const method = target[name] as (...args: unknown[]) => unknown;
  Object.defineProperty(target, name, {
    configurable: true,
    writable: true,
    value(...args: unknown[]): unknown {
      const result = method.apply(target, args);
      look(result as Methods<T, K>[1], args as Methods<T, K>[0]);
      return result;
    },
  });
}
