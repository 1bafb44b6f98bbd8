import type * as tf from "@tensorflow/tfjs";
import type { ResizeAttrs } from "../../ops/kernels.ts";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import { isMuchEnlarged } from "./upsampled_conv.ts";
import { JOB } from "../jobs.ts";
import type { KernelCall } from "../tfjs_members.ts";

/** Modes of assembly/resize.ts. */
const MODE = { halfPixel: 0, topLeft: 1, alignCorners: 2 } as const;

/** Channels of which two pixels fill a thread's scratch. */
const MAX_CHANNELS = THREAD_SCRATCH / 8;

/** Bilinear resize with half-pixel centres. */
export function resizeBilinear(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  const { height, width }: ResizeAttrs = call.attrs;
  const [b, h, w, c] = x.shape as [number, number, number, number];
  if (c > MAX_CHANNELS) return undefined;
  const out = call.backend.makeOutput([b, height, width, c], "float32");
  engine.write([engine.at(x), engine.at(out), b, h, w, c, height, width, MODE.halfPixel]);
  engine.run(JOB.resize, b * h, 8 * b * height * width * c);
  if (isMuchEnlarged([h, w], [height, width])) {
    const origin = { kind: "enlarged", at: engine.at(x), height: h, width: w } as const;
    engine.origins.remember(out, { origin, bytes: 4 * b * h * w * c });
  }
  return out;
}

/** Its gradient. */
export function resizeBilinearGrad(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const dy = call.inputs.dy!;
  const { height, width }: ResizeAttrs = call.attrs;
  const [b, outH, outW, c] = dy.shape as [number, number, number, number];
  if (c > MAX_CHANNELS) return undefined;
  const out = call.backend.makeOutput([b, height, width, c], "float32");
  engine.write([engine.at(dy), engine.at(out), b, height, width, c, outH, outW, MODE.halfPixel]);
  engine.run(JOB.resizeGrad, b * height, 16 * b * outH * outW * c);
  return out;
}

/** ResizeBilinearGrad, shared between the threads; the stock kernel is scalar. */
export function stockResizeBilinearGrad(
  engine: Engine,
  call: KernelCall,
): tf.TensorInfo | undefined {
  const dy = call.inputs.dy!;
  const [b, h, w, c] = call.inputs.images!.shape as [number, number, number, number];
  if (c > MAX_CHANNELS) return undefined;
  const [, outH, outW] = dy.shape as [number, number, number, number];
  const { alignCorners, halfPixelCenters } = call.attrs;
  const mode = halfPixelCenters ? MODE.halfPixel : alignCorners ? MODE.alignCorners : MODE.topLeft;
  const out = call.backend.makeOutput([b, h, w, c], "float32");
  engine.write([engine.at(dy), engine.at(out), b, h, w, c, outH, outW, mode]);
  engine.run(JOB.resizeGrad, b * h, 16 * b * outH * outW * c);
  return out;
}

/** ResizeNearestNeighborGrad: each dy goes to the value that the forward pass read. */
export function resizeNearestGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const dy = call.inputs.dy!;
  const [b, h, w, c] = call.inputs.images!.shape as [number, number, number, number];
  const [, outH, outW] = dy.shape as [number, number, number, number];
  const out = call.backend.makeOutput([b, h, w, c], "float32");
  const align = call.attrs.alignCorners ? 1 : 0;
  engine.write([engine.at(dy), engine.at(out), b, h, w, c, outH, outW, align]);
  engine.run(JOB.nearestGrad, b * h, 4 * b * outH * outW * c);
  return out;
}
