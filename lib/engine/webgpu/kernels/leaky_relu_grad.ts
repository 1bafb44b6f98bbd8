/**
 * Gradient of the leaky ReLU; alpha 0 is that of the ReLU.
 *
 * @module
 */
import { LEAKY_RELU_GRAD } from "../../ops/kernels.ts";
import { dispatch, linearGrid, THREADS, type WgslKernel } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type Kernel, sizeOf } from "./kernel.ts";

const WGSL: WgslKernel = {
  key: LEAKY_RELU_GRAD,
  uniforms: [["count", "u32"], ["alpha", "f32"]],
  reads: [["x", "vec4<f32>"], ["dy", "vec4<f32>"]],
  writes: [["dx", "vec4<f32>"]],
  wgsl: () => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  dx[i] = select(u.alpha * dy[i], dy[i], x[i] > vec4<f32>(0.0));`,
  }),
};

/** dx = dy·(x > 0 ? 1 : alpha), in one pass. */
export const leakyReluGrad: Kernel<{ alpha: number }> = {
  name: LEAKY_RELU_GRAD,
  run({ inputs, attrs, backend }) {
    const { x, dy } = inputs;
    const dx = newActivation(backend, x!.shape);
    // Buffers are padded to 256 bytes, so the last vector may reach past the tensor.
    const count = Math.ceil(sizeOf(x!) / 4);
    dispatch(backend, WGSL, {
      uniforms: [count, attrs.alpha],
      reads: [x!, dy!],
      writes: [dx],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return dx;
  },
};
