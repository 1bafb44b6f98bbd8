import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { JOB } from "../jobs.ts";
import { poolWords } from "./pooling.ts";
import type { KernelCall } from "../tfjs_members.ts";

/** DepthwiseConv2dNativeBackpropInput, which the stock backend lacks. */
export function depthwiseInputGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { dy, filter } = call.inputs;
  const info = depthwiseInfo(call, { x: call.attrs.inputShape, filter: filter!.shape });
  const out = call.backend.makeOutput(info.inShape, "float32");
  const multiplier = filter!.shape[3]!;
  engine.write([
    engine.at(filter!),
    engine.at(dy!),
    engine.at(out),
    ...poolWords(info),
    multiplier,
  ]);
  engine.run(JOB.depthwiseInput, info.batchSize * info.inHeight, flops(info));
  return out;
}

/** DepthwiseConv2dNativeBackpropFilter, which the stock backend lacks. */
export function depthwiseFilterGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, dy } = call.inputs;
  const { filterShape } = call.attrs;
  const info = depthwiseInfo(call, { x: x!.shape, filter: filterShape });
  const out = call.backend.makeOutput(filterShape, "float32");
  engine.write([engine.at(x!), engine.at(dy!), engine.at(out), ...poolWords(info), filterShape[3]]);
  engine.run(JOB.depthwiseFilter, info.filterHeight * info.filterWidth, flops(info));
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
