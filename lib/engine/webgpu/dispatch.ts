/**
 * The one way to run own WGSL: a kernel names its parameters and tensors, the dispatcher writes the
 * declarations, caches the pipeline and records the launch in order with stock ops.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { isHalf, withHalves } from "./float16_storage.ts";
import type { Subgroups } from "./subgroups.ts";
import type { TrainingBackend } from "./training_backend.ts";

/** WGSL type of the elements of a bound tensor; the last two are four halves. */
export type ElementType = "f32" | "vec4<f32>" | "i32" | "atomic<u32>" | "vec2<u32>" | "vec4<f16>";

/** A kernel: what it binds and its WGSL. */
export interface WgslKernel {
  /** Identifies the pipeline: equal keys must mean equal WGSL. */
  key: string;
  /** Scalars, read as `u.name`. */
  uniforms: [name: string, type: "u32" | "i32" | "f32"][];
  /** Tensors that are only read, by the names that the WGSL uses. */
  reads: [name: string, type: ElementType][];
  /** Tensors that are written, in place or as outputs. */
  writes: [name: string, type: ElementType][];
  /**
   * Everything else. `fn main` has the workgroup size 256 × 1 × 1 and may use `wid`
   * (workgroup_id), `lid` (local_invocation_index) and `grid` (num_workgroups).
   */
  wgsl: (switches: KernelSwitches) => { globals?: string; main: string };
}

/** What the adapter lets WGSL do; the same for all kernels of a device. */
export interface KernelSwitches {
  /** Threads of a subgroup, whose values may be exchanged; 0: not here. */
  subgroup: number;
}

/** One launch of a kernel. */
export interface LaunchOptions {
  uniforms: number[];
  reads: tf.TensorInfo[];
  writes: tf.TensorInfo[];
  /** Workgroups; see {@linkcode linearGrid}. */
  grid: [x: number, y: number, z: number];
}

/** Threads of a workgroup; every adapter allows 256. */
export const THREADS = 256;

/** Launches a kernel on the backend. */
export function dispatch(
  backend: TrainingBackend,
  kernel: WgslKernel,
  options: LaunchOptions,
): void {
  const reads = options.reads.map((tensor, i) =>
    kernel.reads[i]![1].includes("f32") ? floats(backend, tensor) : tensor
  );
  const tensors = [...reads, ...options.writes];
  const bound = [...kernel.reads, ...kernel.writes];
  // Vectors of four are read and written in halves as they are; all else is widened, and that first,
  // because it changes where a tensor lies.
  tensors.forEach((tensor, i) => bound[i]![1] !== "vec4<f32>" && backend.bufferOf(tensor));
  const names = bound.flatMap(([name], i) => isHalf(backend, tensors[i]!) ? [name] : []);
  const buffers = tensors.map((tensor) =>
    isHalf(backend, tensor) ? backend.storageOf(tensor) : backend.bufferOf(tensor)
  );
  backend.launch({
    pipeline: pipelineOf(backend, withHalves(kernel, { names, native: backend.nativeHalves })),
    uniforms: packScalars(kernel, options.uniforms),
    buffers,
    grid: options.grid,
  });
  reads.forEach((tensor, i) => {
    if (tensor !== options.reads[i]) backend.disposeData(tensor.dataId);
  });
}

const TO_FLOAT: WgslKernel = {
  key: "toFloat",
  uniforms: [["count", "u32"]],
  reads: [["x", "i32"]],
  writes: [["y", "f32"]],
  wgsl: () => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i < u.count) { y[i] = f32(x[i]); }`,
  }),
};

/** tfjs casts integers to float32 in name only: the buffer may still hold integers. */
function floats(backend: TrainingBackend, tensor: tf.TensorInfo): tf.TensorInfo {
  if (backend.storedType(tensor) === "float32") return tensor;
  const converted = output(backend, tensor.shape);
  const count = tensor.shape.reduce((product, d) => product * d, 1);
  dispatch(backend, TO_FLOAT, {
    uniforms: [count],
    reads: [tensor],
    writes: [converted],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return converted;
}

/** A new tensor on the backend, its content still anything. */
export function output(
  backend: TrainingBackend,
  shape: number[],
): tf.TensorInfo {
  return backend.makeTensorInfo(shape, "float32");
}

/**
 * Workgroups for `count` independent items at one a workgroup. Beyond the limit of one dimension
 * the grid is folded: the item is `wid.y * grid.x + wid.x`, and those past the end must return.
 */
export function linearGrid(count: number): [x: number, y: number, z: number] {
  const limit = 65535;
  if (count <= limit) return [Math.max(1, count), 1, 1];
  const y = Math.ceil(count / limit);
  return [Math.ceil(count / y), y, 1];
}

/** The complete WGSL of a kernel. */
export function assemble(kernel: WgslKernel, subgroups: Subgroups | null = null): string {
  const { globals = "", main } = kernel.wgsl({ subgroup: subgroups?.size ?? 0 });
  const fields = kernel.uniforms.map(([name, type]) => `  ${name}: ${type},`).join("\n");
  const bindings = [
    ...kernel.reads.map(([name, type]) => `var<storage, read> ${name}: array<${type}>;`),
    ...kernel.writes.map(([name, type]) => `var<storage, read_write> ${name}: array<${type}>;`),
  ].map((line, i) => `@group(0) @binding(${i + 1}) ${line}`).join("\n");
  const extensions = (bindings.includes("f16") ? "enable f16;\n" : "") +
    (subgroups?.enable && main.includes("subgroup") ? "enable subgroups;\n" : "");
  return `${extensions}struct Uniforms {
${fields}
}
@group(0) @binding(0) var<uniform> u: Uniforms;
${bindings}
${globals}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) wid: vec3<u32>,
  @builtin(local_invocation_index) lid: u32,
  @builtin(num_workgroups) grid: vec3<u32>,
) {
${main}
}
`;
}

/** The pipeline of a kernel, built at its first use. */
export function pipelineOf(backend: TrainingBackend, kernel: WgslKernel): GPUComputePipeline {
  const cached = backend.pipelines.get(kernel.key);
  if (cached !== undefined) return cached;
  const { device } = backend;
  const types: GPUBufferBindingType[] = [
    "uniform",
    ...kernel.reads.map(() => "read-only-storage" as const),
    ...kernel.writes.map(() => "storage" as const),
  ];
  const layout = device.createBindGroupLayout({
    entries: types.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
  });
  const pipeline = device.createComputePipeline({
    label: kernel.key,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({
        label: kernel.key,
        code: assemble(kernel, backend.subgroups),
      }),
      entryPoint: "main",
    },
  });
  backend.pipelines.set(kernel.key, pipeline);
  return pipeline;
}

/** Parameters of a kernel as bytes. */
export function packScalars(kernel: WgslKernel, values: number[]): ArrayBuffer {
  const bytes = new ArrayBuffer(4 * values.length);
  const view = new DataView(bytes);
  kernel.uniforms.forEach(([, type], i) => {
    const value = values[i]!;
    if (type === "f32") view.setFloat32(4 * i, value, true);
    else if (type === "i32") view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
  return bytes;
}
