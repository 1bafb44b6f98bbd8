/**
 * From a kernel to its complete WGSL: the kernel names its scalars and tensors, the declarations and
 * the functions that convert float16 storage are written here.
 *
 * @module
 */

/** Threads of a workgroup; every adapter allows 256. */
export const THREADS = 256;

/**
 * WGSL type of the elements of a bound tensor. Tensors bound as `vec4<f32>` may be in float16
 * storage: their kernels access them by {@linkcode KernelTemplate.load} and `store` alone.
 */
export type ElementType = "f32" | "vec4<f32>" | "i32" | "atomic<u32>";

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
  wgsl: (template: KernelTemplate) => { globals?: string; main: string };
}

/** What a kernel's WGSL is written with. */
export interface KernelTemplate {
  /** Threads of a subgroup, whose values may be exchanged; 0 where kernels must do without. */
  subgroupSize: number;
  /** Expression that reads element `index` of a tensor, as float32. */
  load(name: string, index: string): string;
  /** Statement that writes the float32 `value` to element `index` of a tensor. */
  store(name: string, index: string, value: string): string;
}

/** How kernels may use subgroups. */
export interface Subgroups {
  /** Threads of a subgroup; the thread `lid` is number `lid % size` of the subgroup `lid / size`. */
  size: number;
  /** Whether WGSL must say `enable subgroups;`, which wgpu's compiler does not know. */
  enable: boolean;
}

/** Tensors of one launch that are in float16 storage. */
export interface Float16Bindings {
  names: readonly string[];
  /** Whether they are bound as WGSL's `vec4<f16>`, else as pairs packed into `vec2<u32>`. */
  native: boolean;
}

/** What the adapter and the tensors of a launch add to a kernel. */
export interface AssembleOptions {
  /** @default null, the kernel must do without */
  subgroups?: Subgroups | null;
  /** @default none */
  float16?: Float16Bindings;
}

/** Functions between float32 values and stored ones. */
const CONVERSIONS = {
  native: `
fn toFloat32(stored: vec4<f16>) -> vec4<f32> { return vec4<f32>(stored); }
fn toFloat16(value: vec4<f32>) -> vec4<f16> { return vec4<f16>(value); }
`,
  packed: `
fn toFloat32(stored: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(stored.x), unpack2x16float(stored.y));
}
fn toFloat16(value: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(value.xy), pack2x16float(value.zw));
}
`,
} as const;

/** The template of a kernel whose named tensors are in float16 storage. */
export function kernelTemplate(
  subgroupSize: number,
  float16Names: readonly string[] = [],
): KernelTemplate {
  return {
    subgroupSize,
    load: (name, index) => {
      const element = `${name}[${index}]`;
      return float16Names.includes(name) ? `toFloat32(${element})` : element;
    },
    store: (name, index, value) =>
      `${name}[${index}] = ${float16Names.includes(name) ? `toFloat16(${value})` : value};`,
  };
}

/** Identifies the pipeline of a kernel whose named tensors are in float16 storage. */
export function pipelineKey(kernel: WgslKernel, float16?: Float16Bindings): string {
  if (float16 === undefined || float16.names.length === 0) return kernel.key;
  return `${kernel.key}/${float16.native ? "float16" : "packed16"}:${float16.names.join()}`;
}

/** The complete WGSL of a kernel. */
export function assembleWgsl(kernel: WgslKernel, options: AssembleOptions = {}): string {
  const { subgroups = null, float16 = { names: [], native: false } } = options;
  const { names, native } = float16;
  const { globals = "", main } = kernel.wgsl(kernelTemplate(subgroups?.size ?? 0, names));
  const fields = kernel.uniforms.map(([name, type]) => `  ${name}: ${type},`).join("\n");
  const typeOf = (name: string, type: ElementType) =>
    !names.includes(name) ? type : native ? "vec4<f16>" : "vec2<u32>";
  const bindings = [
    ...kernel.reads.map((b) => [...b, "read"] as const),
    ...kernel.writes.map((b) => [...b, "read_write"] as const),
  ].map(([name, type, access], i) =>
    `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${typeOf(name, type)}>;`
  ).join("\n");
  const extensions = (names.length > 0 && native ? "enable f16;\n" : "") +
    (subgroups?.enable && main.includes("subgroup") ? "enable subgroups;\n" : "");
  const conversions = names.length === 0 ? "" : CONVERSIONS[native ? "native" : "packed"];
  return `${extensions}struct Uniforms {
${fields}
}
@group(0) @binding(0) var<uniform> u: Uniforms;
${bindings}
${conversions}${globals}
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
