import * as tf from "@tensorflow/tfjs";
import type { Engine } from "./_engine.ts";
import { JOB } from "./_jobs.ts";
import type { KernelCall } from "./_tfjs.ts";

/**
 * MaxPoolGrad. The stock kernel drops the gradient of a window without a positive value; this one
 * gives it to the first of the largest inputs, as the cpu backend does.
 */
export function maxPoolGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const dy = call.inputs.dy!;
  const x = call.inputs.input!;
  const { filterSize, strides, pad, dimRoundingMode } = call.attrs;
  const info = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const out = call.backend.makeOutput(x.shape, "float32");
  const bands = poolBands(info);
  engine.write([engine.at(x), engine.at(dy), engine.at(out), ...poolWords(info), bands]);
  engine.run(JOB.maxPoolGrad, info.batchSize * bands, 4 * tf.util.sizeFromShape(x.shape));
  return out;
}

/** The geometry words of assembly/pool.ts. */
export function poolWords(info: tf.backend_util.Conv2DInfo): number[] {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}

/** Chunks per image: bands of rows, or of channels where windows overlap. */
export function poolBands(info: tf.backend_util.Conv2DInfo): number {
  const wanted = Math.max(1, Math.ceil(32 / info.batchSize));
  const byRows = info.filterHeight <= info.strideHeight;
  return Math.min(wanted, byRows ? info.outHeight : Math.ceil(info.inChannels / 16));
}
