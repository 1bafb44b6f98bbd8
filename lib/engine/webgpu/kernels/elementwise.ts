/**
 * The elementwise ops of a network, for tensors in halves; all others go to the stock kernels.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { dispatch, linearGrid, THREADS, type WgslKernel } from "../dispatch.ts";
import { isHalf, newActivation } from "../float16_storage.ts";
import { type Kernel, type KernelCall, sizeOf } from "./kernel.ts";
import { stockKernel } from "./tfjs_kernels.ts";

type Binary = Kernel<Record<never, never>>;

/** a + b. */
export const add: Binary = { name: "Add", run: (call) => binary(call, { name: "Add", sign: "+" }) };

/** a · b. */
export const multiply: Binary = {
  name: "Multiply",
  run: (call) => binary(call, { name: "Multiply", sign: "*" }),
};

/** max(0, x). */
export const relu: Kernel<Record<never, never>> = {
  name: "Relu",
  run(call) {
    const { inputs, backend } = call;
    const x = inputs.x!;
    if (!isHalf(backend, x)) return stockKernel<Record<never, never>>("Relu")(call);
    return elementwise(backend, { kernel: RELU, operands: [x], shape: x.shape });
  },
};

const RELU = kernelOf("relu", { reads: [["x", "vec4<f32>"]], value: "max(vec4<f32>(), x[i])" });

/** One operand in halves, the other of its shape or a scalar. */
function binary(
  call: KernelCall<Record<never, never>>,
  { name, sign }: { name: string; sign: string },
): tf.TensorInfo | tf.TensorInfo[] {
  const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { backend } = call;
  const [first, second] = isHalf(backend, a) ? [a, b] : [b, a];
  const scalar = sizeOf(second) === 1 && second.shape.length <= first.shape.length;
  const fits = scalar || first.shape.join() === second.shape.join();
  if (!isHalf(backend, first) || !fits || second.dtype !== "float32") {
    return stockKernel<Record<never, never>>(name)(call);
  }
  const kernel = kernelOf(`${name}/${scalar}`, {
    reads: [["a", "vec4<f32>"], ["b", scalar ? "f32" : "vec4<f32>"]],
    value: `a[i] ${sign} b[${scalar ? 0 : "i"}]`,
  });
  return elementwise(backend, { kernel, operands: [first, second], shape: first.shape });
}

function elementwise(
  backend: KernelCall<unknown>["backend"],
  options: { kernel: WgslKernel; operands: tf.TensorInfo[]; shape: number[] },
): tf.TensorInfo {
  const { kernel, operands, shape } = options;
  const y = newActivation(backend, shape);
  const count = sizeOf(y) / 4;
  dispatch(backend, kernel, {
    uniforms: [count],
    reads: operands,
    writes: [y],
    grid: linearGrid(Math.ceil(count / THREADS)),
  });
  return y;
}

function kernelOf(
  key: string,
  { reads, value }: { reads: WgslKernel["reads"]; value: string },
): WgslKernel {
  return {
    key: `elementwise/${key}`,
    uniforms: [["count", "u32"]],
    reads,
    writes: [["y", "vec4<f32>"]],
    wgsl: () => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i < u.count) { y[i] = ${value}; }`,
    }),
  };
}
