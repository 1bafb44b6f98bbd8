import type * as tf from "@tensorflow/tfjs";
import type { ResizeAttrs, ResizeNearestAttrs } from "../../ops/kernels.ts";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import { RESIZE_MODE } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";
import { isMuchUpsampled } from "./upsampled_conv.ts";

/** Channels of which two pixels fill a thread's scratch. */
const MAX_CHANNELS = THREAD_SCRATCH / 8;

type Shape = [batch: number, height: number, width: number, channels: number];

/** Bilinear resize. */
export function resizeBilinear(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  const { height: outHeight, width: outWidth, alignCorners }: ResizeAttrs = call.attrs;
  const [batch, height, width, channels] = x.shape as Shape;
  if (channels > MAX_CHANNELS) return undefined;
  const out = call.backend.makeOutput([batch, outHeight, outWidth, channels], "float32");
  engine.run("resize", {
    x: engine.at(x),
    out: engine.at(out),
    ...{ height, width, channels, outHeight, outWidth },
    mode: alignCorners ? RESIZE_MODE.alignCorners : RESIZE_MODE.halfPixel,
  }, { chunks: batch * height, flops: 8 * batch * outHeight * outWidth * channels });
  // A convolution that reads the small map takes half-pixel centres
  if (!alignCorners && isMuchUpsampled([height, width], [outHeight, outWidth])) {
    const source = { kind: "upsampled", at: engine.at(x), height, width } as const;
    engine.provenance.record(out, source, 4 * batch * height * width * channels);
  }
  return out;
}

/** Its gradient. */
export function resizeBilinearGrad(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const { height, width, alignCorners }: ResizeAttrs = call.attrs;
  const [batch, , , channels] = call.inputs.dy!.shape as Shape;
  return bilinearGrad(engine, call, {
    shape: [batch, height, width, channels],
    mode: alignCorners ? RESIZE_MODE.alignCorners : RESIZE_MODE.halfPixel,
  });
}

/** ResizeBilinearGrad, shared between the threads; the tfjs kernel is scalar. */
export function tfjsResizeBilinearGrad(
  engine: Engine,
  call: KernelCall,
): tf.TensorInfo | undefined {
  const { alignCorners, halfPixelCenters } = call.attrs;
  return bilinearGrad(engine, call, {
    shape: call.inputs.images!.shape as Shape,
    mode: halfPixelCenters
      ? RESIZE_MODE.halfPixel
      : alignCorners
      ? RESIZE_MODE.alignCorners
      : RESIZE_MODE.topLeft,
  });
}

/** The gradient of a resize from `shape`, or `undefined` for too many channels. */
function bilinearGrad(
  engine: Engine,
  call: KernelCall,
  { shape, mode }: { shape: Shape; mode: number },
): tf.TensorInfo | undefined {
  const dy = call.inputs.dy!;
  const [batch, height, width, channels] = shape;
  const [, outHeight, outWidth] = dy.shape as Shape;
  if (channels > MAX_CHANNELS) return undefined;
  const dx = call.backend.makeOutput(shape, "float32");
  engine.run("resizeGrad", {
    dy: engine.at(dy),
    dx: engine.at(dx),
    ...{ height, width, channels, outHeight, outWidth, mode },
  }, { chunks: batch * height, flops: 16 * batch * outHeight * outWidth * channels });
  return dx;
}

/** ResizeNearestNeighborGrad: each dy goes to the value that the forward pass read. */
export function resizeNearestGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const dy = call.inputs.dy!;
  const shape = call.inputs.images!.shape as Shape;
  const [batch, height, width, channels] = shape;
  const [, outHeight, outWidth] = dy.shape as Shape;
  const dx = call.backend.makeOutput(shape, "float32");
  engine.run("nearestGrad", {
    dy: engine.at(dy),
    dx: engine.at(dx),
    ...{ height, width, channels, outHeight, outWidth },
    alignCorners: call.attrs.alignCorners ? 1 : 0,
  }, { chunks: batch * height, flops: 4 * batch * outHeight * outWidth * channels });
  return dx;
}

/** Enlargement that repeats pixels. */
export function resizeNearest(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { factor }: ResizeNearestAttrs = call.attrs;
  const [batch, height, width, channels] = call.inputs.x!.shape as Shape;
  const out = call.backend.makeOutput(
    [batch, height * factor, width * factor, channels],
    "float32",
  );
  engine.run("repeatPixels", {
    x: engine.at(call.inputs.x!),
    out: engine.at(out),
    ...{ width, channels, factor },
  }, { chunks: batch * height, flops: batch * height * width * channels * factor * factor });
  return out;
}

/** Its gradient: sums over blocks. */
export function resizeNearestBlockGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { factor }: ResizeNearestAttrs = call.attrs;
  const [batch, outHeight, outWidth, channels] = call.inputs.dy!.shape as Shape;
  const [height, width] = [outHeight / factor, outWidth / factor];
  const out = call.backend.makeOutput([batch, height, width, channels], "float32");
  engine.run("sumBlocks", {
    x: engine.at(call.inputs.dy!),
    out: engine.at(out),
    ...{ width, channels, factor },
  }, { chunks: batch * height, flops: batch * outHeight * outWidth * channels });
  return out;
}
