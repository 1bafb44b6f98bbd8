/**
 * The one way to run own WGSL: converts tensors to what a kernel binds, caches its pipeline and
 * records the launch in order with tfjs's own ops.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "./context.ts";
import { packScalars } from "./gpu_buffers.ts";
import {
  assembleWgsl,
  type Float16Bindings,
  pipelineKey,
  THREADS,
  type WgslKernel,
} from "./wgsl.ts";

/** One launch of a kernel. */
export interface LaunchOptions {
  uniforms: number[];
  reads: tf.TensorInfo[];
  writes: tf.TensorInfo[];
  /** Workgroups; see {@linkcode linearGrid}. */
  grid: [x: number, y: number, z: number];
}

/** Launches a kernel. */
export function dispatch(
  context: WebGpuContext,
  kernel: WgslKernel,
  options: LaunchOptions,
): void {
  const reads = options.reads.map((tensor, i) =>
    kernel.reads[i]![1].includes("f32") ? castToFloat(context, tensor) : tensor
  );
  const tensors = [...reads, ...options.writes];
  const bound = [...kernel.reads, ...kernel.writes];
  // Vectors of four are bound in the storage they have; all else needs float32, and that first,
  // because the conversion replaces a tensor's buffer.
  tensors.forEach((tensor, i) => bound[i]![1] !== "vec4<f32>" && context.bufferOf(tensor));
  const names = bound.flatMap(([name], i) => context.isFloat16(tensors[i]!) ? [name] : []);
  const buffers = tensors.map((tensor) =>
    context.isFloat16(tensor) ? context.float16BufferOf(tensor) : context.bufferOf(tensor)
  );
  context.launch({
    pipeline: pipelineOf(context, kernel, { names, native: context.nativeFloat16 }),
    uniforms: packScalars(kernel.uniforms, options.uniforms),
    buffers,
    grid: options.grid,
  });
  reads.forEach((tensor, i) => {
    if (tensor !== options.reads[i]) context.disposeData(tensor.dataId);
  });
}

const CAST: WgslKernel = {
  key: "castToFloat",
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
function castToFloat(context: WebGpuContext, tensor: tf.TensorInfo): tf.TensorInfo {
  if (context.tensorMap.get(tensor.dataId).dtype === "float32") return tensor;
  const converted = newOutput(context, tensor.shape);
  const count = tensor.shape.reduce((product, d) => product * d, 1);
  dispatch(context, CAST, {
    uniforms: [count],
    reads: [tensor],
    writes: [converted],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return converted;
}

/** A new float32 tensor, not initialised. */
export function newOutput(context: WebGpuContext, shape: number[]): tf.TensorInfo {
  return context.makeTensorInfo(shape, "float32");
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

/** The pipeline of a kernel for tensors of which some are in float16 storage; built once. */
export function pipelineOf(
  context: WebGpuContext,
  kernel: WgslKernel,
  float16?: Float16Bindings,
): GPUComputePipeline {
  const key = pipelineKey(kernel, float16);
  const cached = context.pipelines.get(key);
  if (cached !== undefined) return cached;
  const { device, subgroups } = context;
  const types: GPUBufferBindingType[] = [
    "uniform",
    ...kernel.reads.map(() => "read-only-storage" as const),
    ...kernel.writes.map(() => "storage" as const),
  ];
  const layout = device.createBindGroupLayout({
    entries: types.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
  });
  const code = assembleWgsl(kernel, { subgroups, ...float16 && { float16 } });
  const pipeline = device.createComputePipeline({
    label: key,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ label: key, code }), entryPoint: "main" },
  });
  context.pipelines.set(key, pipeline);
  return pipeline;
}
