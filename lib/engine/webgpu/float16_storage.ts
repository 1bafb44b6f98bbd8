/**
 * Tensors that are stored as 16-bit floats, four to eight bytes. To tfjs they are float32; a kernel
 * that handles vectors of four reads and writes them as they are, anything else gets them widened.
 *
 * Where the adapter has `shader-f16` a buffer holds `vec4<f16>`, elsewhere pairs packed into u32:
 * the same bytes, so the two kinds of kernels can share a tensor.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { currentPrecision } from "../ops/precision.ts";
import { dispatch, type ElementType, linearGrid, THREADS, type WgslKernel } from "./dispatch.ts";
import type { TrainingBackend } from "./training_backend.ts";

/**
 * A new tensor for activations or their gradients, its content still anything: in halves where the
 * pass is of mixed precision and channels come in fours, so that no two threads share a word.
 */
export function newActivation(backend: TrainingBackend, shape: number[]): tf.TensorInfo {
  const tensor = backend.makeTensorInfo(shape, "float32");
  if (currentPrecision() === "mixed" && shape.length > 1 && shape.at(-1)! % 4 === 0) {
    backend.tensorMap.get(tensor.dataId).half = true;
  }
  return tensor;
}

/** Whether a tensor is stored in halves. */
export function isHalf(backend: TrainingBackend, tensor: tf.TensorInfo): boolean {
  return backend.tensorMap.get(tensor.dataId).half === true;
}

const COPY: WgslKernel = {
  key: "widen",
  uniforms: [["count", "u32"]],
  reads: [["x", "vec4<f32>"]],
  writes: [["y", "vec4<f32>"]],
  wgsl: () => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i < u.count) { y[i] = x[i]; }`,
  }),
};

/** Puts 32-bit floats in the place of a tensor's halves. */
export function widen(backend: TrainingBackend, dataId: tf.DataId): void {
  const data = backend.tensorMap.get(dataId);
  const { shape, resource } = data;
  if (resource != null) {
    const copy = backend.makeTensorInfo(shape, "float32");
    const count = shape.reduce((product, d) => product * d, 1) / 4;
    dispatch(backend, COPY, {
      uniforms: [count],
      reads: [{ dataId, shape, dtype: "float32" }],
      writes: [copy],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    const copied = backend.tensorMap.get(copy.dataId);
    data.resource = copied.resource!;
    copied.resource = resource;
    backend.disposeData(copy.dataId);
  }
  data.half = false;
}

const HELPERS = {
  native: `
fn fromHalf(h: vec4<f16>) -> vec4<f32> { return vec4<f32>(h); }
fn toHalf(v: vec4<f32>) -> vec4<f16> { return vec4<f16>(v); }
`,
  packed: `
fn fromHalf(h: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(h.x), unpack2x16float(h.y));
}
fn toHalf(v: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw));
}
`,
} as const;

/**
 * The kernel for launches where the named tensors are stored in halves: the same WGSL, each access
 * to them converted.
 *
 * @param options `native`: by the adapter's own 16-bit floats.
 */
export function withHalves(
  kernel: WgslKernel,
  options: { names: string[]; native: boolean },
): WgslKernel {
  const { names, native } = options;
  if (names.length === 0) return kernel;
  const type: ElementType = native ? "vec4<f16>" : "vec2<u32>";
  const bind = (bound: [string, ElementType][]): [string, ElementType][] =>
    bound.map(([name, full]) => [name, names.includes(name) ? type : full]);
  return {
    ...kernel,
    key: `${kernel.key}/${native ? "f16" : "half"}:${names.join()}`,
    reads: bind(kernel.reads),
    writes: bind(kernel.writes),
    wgsl: (switches) => {
      const { globals = "", main } = kernel.wgsl(switches);
      const convert = (text: string) => names.reduce(convertAccesses, text);
      return {
        globals: HELPERS[native ? "native" : "packed"] + convert(globals),
        main: convert(main),
      };
    },
  };
}

/** `x[i]` becomes `fromHalf(x[i])`, and `x[i] = v;` becomes `x[i] = toHalf(v);`. */
function convertAccesses(text: string, name: string): string {
  const access = new RegExp(`(?<![\\w.])${name}\\[`, "g");
  let converted = "";
  let done = 0;
  for (let match = access.exec(text); match !== null; match = access.exec(text)) {
    const end = closingBracket(text, access.lastIndex);
    const element = text.slice(match.index, end);
    const assignment = /^\s*=(?!=)([^;]*);/.exec(text.slice(end));
    converted += text.slice(done, match.index);
    // What is assigned may itself read other tensors in halves: those have their own turn.
    converted += assignment === null
      ? `fromHalf(${element})`
      : `${element} = toHalf(${assignment[1]!.trim()});`;
    done = end + (assignment?.[0].length ?? 0);
    access.lastIndex = done;
  }
  return converted + text.slice(done);
}

/** Index behind the bracket that closes the one before `start`. */
function closingBracket(text: string, start: number): number {
  let depth = 1;
  let i = start;
  for (; depth > 0; i++) {
    if (text[i] === "[") depth++;
    if (text[i] === "]") depth--;
  }
  return i;
}
