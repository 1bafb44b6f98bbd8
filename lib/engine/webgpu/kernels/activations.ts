/**
 * Activations and their gradients, and their formulas in WGSL, which batch norm includes too.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import {
  ACTIVATION,
  ACTIVATION_GRAD,
  type ActivationAttrs,
  type ActivationName,
} from "../../ops/activations.ts";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";

/** WGSL of 1 / (1 + e^−x); beyond ±80 it no longer changes, and e^x stays finite. */
function sigmoid(x: string, type: string): string {
  return `(1.0 / (1.0 + exp(-clamp(${x}, ${type}(-80.0), ${type}(80.0)))))`;
}

/** WGSL of relu6(x + 3) / 6. */
function hardSigmoid(x: string, type: string): string {
  return `(clamp(${x} + 3.0, ${type}(), ${type}(6.0)) / 6.0)`;
}

/** WGSL of f(x). `x` is a variable's name, `type` its type. */
export function activationValue(activation: ActivationName, x: string, type: string): string {
  switch (activation) {
    case "relu":
      return `max(${type}(), ${x})`;
    case "relu6":
      return `clamp(${x}, ${type}(), ${type}(6.0))`;
    case "sigmoid":
      return sigmoid(x, type);
    case "hardSigmoid":
      return hardSigmoid(x, type);
    case "hardSwish":
      return `${x} * ${hardSigmoid(x, type)}`;
    case "swish":
      return `${x} * ${sigmoid(x, type)}`;
    case "gelu":
      return `${x} * normalCdf(${x})`;
  }
}

/** WGSL of dy·f′(x). `x` and `dy` are variables' names, `type` their type. */
export function activationSlope(
  activation: ActivationName,
  { x, dy }: { x: string; dy: string },
  type: string,
): string {
  const inside = (low: string, high: string, value: string): string =>
    `select(${type}(), ${value}, (${x} > ${type}(${low})) & (${x} < ${type}(${high})))`;
  const s = sigmoid(x, type);
  switch (activation) {
    case "relu":
      return `select(${type}(), ${dy}, ${x} > ${type}())`;
    case "relu6":
      return inside("0.0", "6.0", dy);
    case "sigmoid":
      return `${dy} * ${s} * (1.0 - ${s})`;
    case "hardSigmoid":
      return inside("-3.0", "3.0", `${dy} / 6.0`);
    case "hardSwish": {
      const between = inside("-3.0", "3.0", `${dy} * (${x} / 3.0 + 0.5)`);
      return `select(${between}, ${dy}, ${x} >= ${type}(3.0))`;
    }
    case "swish":
      return `${dy} * ${s} * (1.0 + ${x} * (1.0 - ${s}))`;
    case "gelu":
      return `${dy} * (normalCdf(${x}) + ${x} * 0.39894228 * exp(-0.5 * ${x} * ${x}))`;
  }
}

/** Distribution function of the normal distribution, by erf (Abramowitz and Stegun 7.1.26). */
const NORMAL_CDF = `
fn normalCdf(x: vec4<f32>) -> vec4<f32> {
  let z = x * 0.70710678;
  let t = 1.0 / (1.0 + 0.3275911 * abs(z));
  let y = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t +
    0.254829592) * t;
  let half = 0.5 * y * exp(-z * z);
  return select(1.0 - half, half, x < vec4<f32>());
}`;

function kernelOf(name: string, activation: ActivationName, gradient: boolean): WgslKernel {
  const type = "vec4<f32>";
  return {
    key: `${name}/${activation}`,
    uniforms: [["count", "u32"]],
    reads: [["x", type], ...(gradient ? [["dy", type] as [string, typeof type]] : [])],
    writes: [["y", type]],
    wgsl: ({ load, store }) => ({
      ...activation === "gelu" && { globals: NORMAL_CDF },
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let value = ${load("x", "i")};${gradient ? `\n  let incoming = ${load("dy", "i")};` : ""}
  ${
        store(
          "y",
          "i",
          gradient
            ? activationSlope(activation, { x: "value", dy: "incoming" }, type)
            : activationValue(activation, "value", type),
        )
      }`,
    }),
  };
}

function run(
  { inputs, attrs: { activation }, backend }: KernelCall<ActivationAttrs>,
  name: string,
): tf.TensorInfo {
  const { x, dy } = inputs;
  const y = newActivation(backend, x!.shape);
  // Buffers are padded to 256 bytes, so the last vector may reach past the tensor
  const count = Math.ceil(sizeOf(y) / 4);
  dispatch(backend, kernelOf(name, activation, dy !== undefined), {
    uniforms: [count],
    reads: dy === undefined ? [x!] : [x!, dy],
    writes: [y],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return y;
}

/** f(x). */
export const activate: Kernel<ActivationAttrs> = {
  name: ACTIVATION,
  run: (call) => run(call, ACTIVATION),
};

/** dy·f′(x). */
export const activateGrad: Kernel<ActivationAttrs> = {
  name: ACTIVATION_GRAD,
  run: (call) => run(call, ACTIVATION_GRAD),
};
