import * as tf from "@tensorflow/tfjs";
import type { AdamUpdateAttrs, SgdUpdateAttrs } from "../../ops/kernels.ts";
import type { Engine, Word } from "../engine.ts";
import { JOB } from "../jobs.ts";
import { type KernelCall, markWritten } from "../tfjs_members.ts";

/** Ops of assembly/elementwise.ts. */
const OP = { leakyRelu: 0, leakyReluGrad: 1, sgd: 2, adam: 3, movingAverage: 4 } as const;
const CHUNK = 1 << 15;

/** LeakyRelu; the stock kernel is scalar. */
export function leakyRelu(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  if (x.dtype !== "float32") return undefined;
  const out = call.backend.makeOutput(x.shape, "float32");
  runElements(engine, { op: OP.leakyRelu, tensors: [x, out], floats: [call.attrs.alpha] });
  return out;
}

/** dx = dy where x > 0, else alpha·dy. */
export function leakyReluGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, dy } = call.inputs;
  const out = call.backend.makeOutput(x!.shape, "float32");
  runElements(engine, {
    op: OP.leakyReluGrad,
    tensors: [x!, dy!, out],
    floats: [call.attrs.alpha],
  });
  return out;
}

/** SGD with momentum, in place. */
export function sgdUpdate(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { weight, velocity, grad } = call.inputs;
  const a: SgdUpdateAttrs = call.attrs;
  runElements(engine, {
    op: OP.sgd,
    tensors: [weight!, velocity!, grad!],
    floats: [a.lr, a.momentum, a.l2, a.nesterov ? 1 : 0, a.decoupled ? 1 : 0],
  });
  markWritten(call.backend, weight!);
  return [];
}

/** Adam, in place. */
export function adamUpdate(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { weight, m, v, grad } = call.inputs;
  const { lr, beta1, beta2, eps, step }: AdamUpdateAttrs = call.attrs;
  const corrections = [1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
  runElements(engine, {
    op: OP.adam,
    tensors: [weight!, m!, v!, grad!],
    floats: [lr, beta1, beta2, eps, ...corrections],
  });
  markWritten(call.backend, weight!);
  return [];
}

/** Moving average, in place. */
export function movingAverage(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { moving, batch } = call.inputs;
  const floats = [1 - call.attrs.momentum];
  runElements(engine, { op: OP.movingAverage, tensors: [moving!, batch!], floats });
  markWritten(call.backend, moving!);
  return [];
}

/** An op on tensors of one size. */
interface Elements {
  op: typeof OP[keyof typeof OP];
  tensors: tf.TensorInfo[];
  floats: number[];
}

function runElements(engine: Engine, { op, tensors, floats }: Elements): void {
  const count = tf.util.sizeFromShape(tensors[0]!.shape);
  if (count === 0) return;
  const pointers: Word[] = [0, 0, 0, 0];
  tensors.forEach((tensor, i) => pointers[i] = engine.at(tensor));
  engine.write([op, count, CHUNK, ...pointers, ...floats.map((float) => ({ float }))]);
  engine.run(JOB.element, Math.ceil(count / CHUNK), 8 * count);
}
