/**
 * Unpacks the bytes of a batch into images and labels.
 *
 * @module
 */
import { UNPACK_BATCH, type UnpackBatchAttrs } from "../../ops/kernels.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";

const WGSL: WgslKernel = {
  key: UNPACK_BATCH,
  uniforms: [["pixels", "u32"], ["reversed", "u32"]],
  reads: [["bytes", "i32"], ["table", "f32"]],
  writes: [["images", "f32"], ["labels", "i32"]],
  wgsl: () => ({
    globals: `
fn byteAt(i: u32) -> u32 {
  return (u32(bytes[i >> 2u]) >> ((i & 3u) * 8u)) & 255u;
}`,
    main: `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.pixels) { return; }
  let first = byteAt(3u * i);
  let last = byteAt(3u * i + 2u);
  images[3u * i] = table[select(first, last, u.reversed == 1u)];
  images[3u * i + 1u] = table[256u + byteAt(3u * i + 1u)];
  images[3u * i + 2u] = table[512u + select(last, first, u.reversed == 1u)];
  labels[i] = i32(byteAt(3u * u.pixels + i));`,
  }),
};

/** One thread a pixel; values come from a table, so that they are bit-identical to the host's. */
export const unpackBatch: Kernel<UnpackBatchAttrs> = {
  name: UNPACK_BATCH,
  run({ inputs, attrs, backend }) {
    const { bytes, table } = inputs;
    const pixels = sizeOf(bytes!);
    const images = newOutput(backend, [...attrs.shape, 3]);
    const labels = backend.makeTensorInfo(attrs.shape, "int32");
    dispatch(backend, WGSL, {
      uniforms: [pixels, attrs.reversed ? 1 : 0],
      reads: [bytes!, table!],
      writes: [images, labels],
      grid: linearGrid(Math.ceil(pixels / THREADS)),
    });
    return [images, labels];
  },
};
