/**
 * Whether threads may exchange values without workgroup memory, found by running a kernel: runtimes
 * differ in the features they list and in what WGSL must enable, and adapters in how threads are
 * assigned to subgroups.
 *
 * @module
 */
import { BUFFER_USAGE, submitAndRead } from "./gpu_buffers.ts";
import { type Subgroups, THREADS } from "./wgsl.ts";

/** Runs the probe; `null` where subgroups are missing, or of changing size or order. */
export async function probeSubgroups(device: GPUDevice): Promise<Subgroups | null> {
  if (!device.features.has("subgroups" as GPUFeatureName)) return null;
  for (const enable of [false, true]) {
    const size = await runProbe(device, enable).catch(() => null);
    if (size !== null) return { size, enable };
  }
  return null;
}

/** Each thread writes its subgroup's size, its number there, and the value its neighbour sends. */
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

async function runProbe(device: GPUDevice, enable: boolean): Promise<number | null> {
  const bytes = 16 * THREADS;
  const written = device.createBuffer({
    size: bytes,
    usage: BUFFER_USAGE.STORAGE | BUFFER_USAGE.COPY_SRC,
  });
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
    return subgroupSize(
      new Uint32Array(await submitAndRead(device, encoder, { buffer: written, bytes })),
    );
  } finally {
    written.destroy();
  }
}

/** The size that all threads report, if they are numbered as kernels expect. */
function subgroupSize(reports: Uint32Array): number | null {
  const size = reports[0]!;
  if (size < 4 || THREADS % size !== 0) return null;
  for (let lid = 0; lid < THREADS; lid++) {
    const [own, number, sent] = reports.subarray(4 * lid) as unknown as [number, number, number];
    if (own !== size || number !== lid % size || sent !== (lid ^ 1)) return null;
  }
  return size;
}
