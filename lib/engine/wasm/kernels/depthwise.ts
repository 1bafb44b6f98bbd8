import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { windowWords } from "../jobs.ts";
import type { KernelCall } from "../tfjs_backend.ts";

/** DepthwiseConv2dNativeBackpropInput, which the tfjs backend lacks. */
export function depthwiseInputGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { dy, filter } = call.inputs;
  const info = depthwiseInfo(call, { x: call.attrs.inputShape, filter: filter!.shape });
  const out = call.backend.makeOutput(info.inShape, "float32");
  engine.run("depthwiseInputGrad", {
    filter: engine.at(filter!),
    dy: engine.at(dy!),
    dx: engine.at(out),
    ...windowWords(info),
    multiplier: filter!.shape[3]!,
  }, { chunks: info.batchSize * info.inHeight, flops: flops(info) });
  return out;
}

/** DepthwiseConv2dNativeBackpropFilter, which the tfjs backend lacks. */
export function depthwiseFilterGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, dy } = call.inputs;
  const { filterShape } = call.attrs;
  const info = depthwiseInfo(call, { x: x!.shape, filter: filterShape });
  const out = call.backend.makeOutput(filterShape, "float32");
  engine.run("depthwiseFilterGrad", {
    x: engine.at(x!),
    dy: engine.at(dy!),
    dFilter: engine.at(out),
    ...windowWords(info),
    multiplier: filterShape[3],
  }, { chunks: info.filterHeight * info.filterWidth, flops: flops(info) });
  return out;
}

function depthwiseInfo(
  call: KernelCall,
  shapes: { x: number[]; filter: number[] },
): tf.backend_util.Conv2DInfo {
  const { strides, pad, dimRoundingMode } = call.attrs;
  return tf.backend_util.computeConv2DInfo(
    shapes.x as [number, number, number, number],
    shapes.filter as [number, number, number, number],
    strides,
    1,
    pad,
    dimRoundingMode,
    true,
  );
}

function flops(info: tf.backend_util.Conv2DInfo): number {
  return 2 * tf.util.sizeFromShape(info.outShape) * info.filterHeight * info.filterWidth;
}
