/**
 * Checks whether gradients are finite, many at a launch, and updates the loss scale in one more.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { CHECK_GRADIENTS, type CheckGradientsAttrs } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";

/** Most gradients of a launch, where the adapter binds so many. */
const MAX_GRADIENTS = 16;

/** NaN or infinity, tested by its bits: WGSL compilers may assume that neither occurs. */
const IS_NOT_FINITE = `
fn isNotFinite(v: f32) -> bool { return (bitcast<u32>(v) & 0x7f800000u) == 0x7f800000u; }`;

/** Sets the number of good steps to −1 if any value of `count` gradients is not finite. */
function overflowKernel(count: number): WgslKernel {
  const indices = Array.from({ length: count }, (_, k) => k);
  return {
    key: `${CHECK_GRADIENTS}/overflow/${count}`,
    uniforms: indices.map((k) => [`size_${k}`, "u32"]),
    reads: indices.map((k) => [`gradient_${k}`, "vec4<f32>"]),
    writes: [["goodSteps", "atomic<u32>"]],
    wgsl: (template) => ({
      globals: IS_NOT_FINITE,
      main: `
  var block = wid.y * grid.x + wid.x;
${indices.map((k) => checkGradient(template, k)).join("\n")}`,
    }),
  };
}

/** Four values a thread; those past the tensor's end are not initialised and not checked. */
function checkGradient({ load }: KernelTemplate, k: number): string {
  return `
  let blocks_${k} = (u.size_${k} + ${4 * THREADS - 1}u) / ${4 * THREADS}u;
  if (block < blocks_${k}) {
    let first = 4u * (block * ${THREADS}u + lid);
    if (first < u.size_${k}) {
      let g = ${load(`gradient_${k}`, "first / 4u")};
      for (var j = 0u; j < min(4u, u.size_${k} - first); j++) {
        if (isNotFinite(g[j])) { atomicStore(&goodSteps[0], ${bitsOf(-1)}u); }
      }
    }
    return;
  }
  block -= blocks_${k};`;
}

/** Updates the scale and writes the control; `length` is bound where gradients are clipped. */
function scaleKernel(clips: boolean): WgslKernel {
  return {
    key: `${CHECK_GRADIENTS}/scale/${clips}`,
    uniforms: [["patience", "f32"], ["most", "f32"], ["clipNorm", "f32"]],
    reads: clips ? [["length", "f32"]] : [],
    writes: [
      ["scale", "f32"],
      ["goodSteps", "f32"],
      ["control", "f32"],
      ...(clips ? [["norm", "f32"] as [string, "f32"]] : []),
    ],
    wgsl: () => ({
      globals: IS_NOT_FINITE,
      main: `
  if (lid > 0u) { return; }
  let old = scale[0];
  let good = goodSteps[0] + 1.0;
  let finite = good > 0.5${clips ? " && !isNotFinite(length[0])" : ""};
  var factor = 1.0 / old;
${clips ? CLIP : ""}
  control[0] = select(0.0, 1.0, finite);
  control[1] = factor;
  control[2] = 0.0;
  control[3] = 0.0;
  let doubles = good >= u.patience;
  scale[0] = select(
    max(old / 2.0, 1.0),
    select(old, min(old * 2.0, u.most), doubles),
    finite,
  );
  goodSteps[0] = select(0.0, good, finite && !doubles);`,
    }),
  };
}

const CLIP = `
  let unscaled = select(0.0, length[0] * factor, finite);
  norm[0] = unscaled;
  factor *= u.clipNorm / max(unscaled, u.clipNorm);`;

/** Overwrites `scale` and `goodSteps`; see {@linkcode CHECK_GRADIENTS}. */
export const checkGradients: Kernel<CheckGradientsAttrs> = {
  name: CHECK_GRADIENTS,
  run({ inputs: { scale, goodSteps, length, ...rest }, attrs, backend }) {
    const gradients = Object.values(rest);
    const bindings = backend.training.limits.maxStorageBuffersPerShaderStage ?? 8;
    const together = Math.min(MAX_GRADIENTS, bindings - 1);
    for (let i = 0; i < gradients.length; i += together) {
      findOverflow(backend, gradients.slice(i, i + together), goodSteps!);
    }
    const { patience, most, clipNorm } = attrs;
    const clips = clipNorm !== null;
    const outputs = [newOutput(backend, [4]), ...clips ? [newOutput(backend, [])] : []];
    dispatch(backend, scaleKernel(clips), {
      uniforms: [patience, most, clipNorm ?? 0],
      reads: clips ? [length!] : [],
      writes: [scale!, goodSteps!, ...outputs],
      grid: [1, 1, 1],
    });
    return outputs;
  },
};

function findOverflow(
  backend: WebGpuContext,
  gradients: tf.TensorInfo[],
  goodSteps: tf.TensorInfo,
): void {
  const sizes = gradients.map(sizeOf);
  const blocks = sizes.reduce((sum, size) => sum + Math.ceil(size / (4 * THREADS)), 0);
  dispatch(backend, overflowKernel(gradients.length), {
    uniforms: sizes,
    reads: gradients,
    writes: [goodSteps],
    grid: linearGrid(blocks),
  });
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}
