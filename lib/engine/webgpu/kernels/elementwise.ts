/**
 * The elementwise ops of a network for tensors in float16 storage, others go to tfjs's kernels; and the
 * gradient of the (leaky) ReLU for all.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { LEAKY_RELU_GRAD } from "../../ops/kernels.ts";
import type { WebGpuContext } from "../context.ts";
import { dispatch, linearGrid } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, type KernelCall, sizeOf, tfjsKernel } from "./kernel.ts";

type Binary = Kernel<Record<never, never>>;

/** a + b. */
export const add: Binary = { name: "Add", run: (call) => binary(call, "Add", "+") };

/** a · b. */
export const multiply: Binary = {
  name: "Multiply",
  run: (call) => binary(call, "Multiply", "*"),
};

/** max(0, x). */
export const relu: Kernel<Record<never, never>> = {
  name: "Relu",
  run(call) {
    const { inputs, backend } = call;
    const x = inputs.x!;
    if (!backend.isFloat16(x)) return tfjsKernel<Record<never, never>>("Relu")(call);
    return elementwise(backend, RELU, [x]);
  },
};

const RELU = kernelOf(
  "relu",
  [["x", "vec4<f32>"]],
  ({ load }) => `max(vec4<f32>(), ${load("x", "i")})`,
);

/** One operand in float16 storage, the other of its shape or a scalar. */
function binary(
  call: KernelCall<Record<never, never>>,
  name: string,
  sign: string,
): tf.TensorInfo | tf.TensorInfo[] {
  const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { backend } = call;
  const [first, second] = backend.isFloat16(a) ? [a, b] : [b, a];
  const scalar = sizeOf(second) === 1 && second.shape.length <= first.shape.length;
  const fits = scalar || first.shape.join() === second.shape.join();
  if (!backend.isFloat16(first) || !fits || second.dtype !== "float32") {
    return tfjsKernel<Record<never, never>>(name)(call);
  }
  const kernel = kernelOf(
    `${name}/${scalar}`,
    [["a", "vec4<f32>"], ["b", scalar ? "f32" : "vec4<f32>"]],
    ({ load }) => `${load("a", "i")} ${sign} ${load("b", scalar ? "0" : "i")}`,
  );
  return elementwise(backend, kernel, [first, second]);
}

/** The result has the shape of the first operand. */
function elementwise(
  backend: WebGpuContext,
  kernel: WgslKernel,
  operands: tf.TensorInfo[],
): tf.TensorInfo {
  const y = newActivation(backend, operands[0]!.shape);
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
  reads: WgslKernel["reads"],
  value: (template: KernelTemplate) => string,
): WgslKernel {
  return {
    key: `elementwise/${key}`,
    uniforms: [["count", "u32"]],
    reads,
    writes: [["y", "vec4<f32>"]],
    wgsl: (template) => ({
      main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i < u.count) { ${template.store("y", "i", value(template))} }`,
    }),
  };
}

const RELU_GRAD: WgslKernel = {
  key: LEAKY_RELU_GRAD,
  uniforms: [["count", "u32"], ["alpha", "f32"]],
  reads: [["x", "vec4<f32>"], ["dy", "vec4<f32>"]],
  writes: [["dx", "vec4<f32>"]],
  wgsl: ({ load, store }) => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  ${
      store(
        "dx",
        "i",
        `select(u.alpha * ${load("dy", "i")}, ${load("dy", "i")}, ${
          load("x", "i")
        } > vec4<f32>(0.0))`,
      )
    }`,
  }),
};

/** dx = dy·(x > 0 ? 1 : alpha), in one pass; alpha 0 is the gradient of the ReLU. */
export const leakyReluGrad: Kernel<{ alpha: number }> = {
  name: LEAKY_RELU_GRAD,
  run({ inputs, attrs, backend }) {
    const { x, dy } = inputs;
    const dx = newActivation(backend, x!.shape);
    // Buffers are padded to 256 bytes, so the last vector may reach past the tensor.
    const count = Math.ceil(sizeOf(x!) / 4);
    dispatch(backend, RELU_GRAD, {
      uniforms: [count, attrs.alpha],
      reads: [x!, dy!],
      writes: [dx],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return dx;
  },
};
