import type * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { JOB } from "../jobs.ts";
import type { KernelCall } from "../tfjs_members.ts";

/** Values of a block of rows whose sum is taken at once. */
const BLOCK_VALUES = 16384;

/** Gradient of a bias: the sum of dy over all but the channels. */
export function biasGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  return sumRows(engine, call)[0]!;
}

/** Gradient of a bias and a ReLU behind it, leaky or not: masked dy, and its sum. */
export function biasReluGrad(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const masked = call.backend.makeOutput(call.inputs.dy!.shape, "float32");
  return [masked, ...sumRows(engine, call, masked)];
}

function sumRows(engine: Engine, call: KernelCall, masked?: tf.TensorInfo): tf.TensorInfo[] {
  const dy = call.inputs.dy!;
  const c = dy.shape.at(-1)!;
  const rows = dy.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const out = call.backend.makeOutput([c], "float32");
  const per = Math.max(8, Math.floor(BLOCK_VALUES / c));
  const blocks = Math.ceil(rows / per);
  engine.withScratch(blocks * c * 4, (partials) => {
    const y = masked ? engine.at(call.inputs.y!) : 0;
    const leak = { float: call.attrs?.alpha ?? 0 };
    engine.write([engine.at(dy), y, masked ? engine.at(masked) : 0, partials, rows, c, per, leak]);
    engine.run(JOB.biasGrad, blocks, rows * c * 4);
    engine.write([partials, engine.at(out), 1, c, c, blocks, 1]);
    engine.run(JOB.reduce, 1, blocks * c);
  });
  return [out];
}
