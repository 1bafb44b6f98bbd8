/**
 * Whether threads may exchange values without workgroup memory, tried rather than believed: runtimes
 * differ in what they list, in what WGSL must enable, and adapters in how threads fall into
 * subgroups.
 *
 * @module
 */
import { MAP_MODE_READ, USAGE } from "./buffer_usage.ts";

/** How kernels may use subgroups. */
export interface Subgroups {
  /** Threads of a subgroup; the thread `lid` is number `lid % size` of the subgroup `lid / size`. */
  size: number;
  /** Whether WGSL must say `enable subgroups;`, which wgpu's compiler does not know. */
  enable: boolean;
}

const THREADS = 256;

/** Tries it on a device; `null` where subgroups are missing, or of changing size or order. */
export async function probeSubgroups(device: GPUDevice): Promise<Subgroups | null> {
  if (!device.features.has("subgroups" as GPUFeatureName)) return null;
  for (const enable of [false, true]) {
    const size = await tryOut(device, enable).catch(() => null);
    if (size !== null) return { size, enable };
  }
  return null;
}

/** Each thread tells its subgroup's size, its number there, and what its neighbour sends. */
function probe(enable: boolean): string {
  return `${enable ? "enable subgroups;" : ""}
@group(0) @binding(0) var<storage, read_write> y: array<vec4<u32>>;
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_size) size: u32,
  @builtin(subgroup_invocation_id) number: u32,
) {
  let sent = subgroupShuffleXor(vec4<f32>(f32(lid)), 1u);
  y[lid] = vec4<u32>(size, number, u32(sent.w), 0u);
}`;
}

async function tryOut(device: GPUDevice, enable: boolean): Promise<number | null> {
  const size = 16 * THREADS;
  const written = device.createBuffer({ size, usage: USAGE.STORAGE | USAGE.COPY_SRC });
  const staging = device.createBuffer({ size, usage: USAGE.COPY_DST | USAGE.MAP_READ });
  try {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code: probe(enable) });
    const compute = { module, entryPoint: "main" };
    const pipeline = device.createComputePipeline({ layout: "auto", compute });
    if (await device.popErrorScope() !== null) return null;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    const entries = [{ binding: 0, resource: { buffer: written } }];
    pass.setBindGroup(
      0,
      device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
    );
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(written, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    return sizeOf(new Uint32Array(staging.getMappedRange().slice(0)));
  } finally {
    written.destroy();
    staging.destroy();
  }
}

/** The size that every thread agrees on, if threads are numbered as kernels expect. */
function sizeOf(told: Uint32Array): number | null {
  const size = told[0]!;
  if (size < 4 || THREADS % size !== 0) return null;
  for (let lid = 0; lid < THREADS; lid++) {
    const [own, number, sent] = told.subarray(4 * lid) as unknown as [number, number, number];
    if (own !== size || number !== lid % size || sent !== (lid ^ 1)) return null;
  }
  return size;
}
