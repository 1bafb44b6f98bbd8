/**
 * Tensors whose elements are stored as 16-bit floats, four to eight bytes. To tfjs they are float32.
 * Kernels that bind vectors of four access them through conversions (see `wgsl.ts`); any other op or
 * a read converts the storage to float32 first.
 *
 * Where the adapter has `shader-f16` a buffer is bound as `vec4<f16>`, elsewhere as pairs packed into
 * u32: the same bytes, so kernels of both kinds can share a tensor.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { currentPrecision } from "../ops/precision.ts";
import type { WebGpuContext } from "./context.ts";
import { dispatch, linearGrid } from "./dispatch.ts";
import { THREADS, type WgslKernel } from "./wgsl.ts";

/**
 * A new tensor for activations or their gradients, not initialised: in float16 storage where the pass
 * has mixed precision and channels are a multiple of four, so that no two threads share a word.
 */
export function newActivation(context: WebGpuContext, shape: number[]): tf.TensorInfo {
  const tensor = context.makeTensorInfo(shape, "float32");
  if (currentPrecision() === "mixed" && shape.length > 1 && shape.at(-1)! % 4 === 0) {
    context.tensorMap.get(tensor.dataId).float16 = true;
  }
  return tensor;
}

const COPY: WgslKernel = {
  key: "toFloat32",
  uniforms: [["count", "u32"]],
  reads: [["x", "vec4<f32>"]],
  writes: [["y", "vec4<f32>"]],
  wgsl: ({ load, store }) => ({
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i < u.count) { ${store("y", "i", load("x", "i"))} }`,
  }),
};

/** Replaces the float16 storage of a tensor by float32. */
export function toFloat32(context: WebGpuContext, dataId: tf.DataId): void {
  const data = context.tensorMap.get(dataId);
  const { shape, resource } = data;
  if (resource != null) {
    const copy = context.makeTensorInfo(shape, "float32");
    const count = shape.reduce((product, d) => product * d, 1) / 4;
    dispatch(context, COPY, {
      uniforms: [count],
      reads: [{ dataId, shape, dtype: "float32" }],
      writes: [copy],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    const copied = context.tensorMap.get(copy.dataId);
    data.resource = copied.resource!;
    copied.resource = resource;
    context.disposeData(copy.dataId);
  }
  data.float16 = false;
}
