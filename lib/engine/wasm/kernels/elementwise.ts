import * as tf from "@tensorflow/tfjs";
import type { AdamUpdateAttrs, SgdUpdateAttrs } from "../../ops/kernels.ts";
import type { Engine } from "../engine.ts";
import { ELEMENT_OP } from "../jobs.ts";
import { type KernelCall, markWritten } from "../tfjs_backend.ts";

/** Values per chunk. */
const CHUNK = 1 << 15;
/** Parameters that an op does not use. */
const UNUSED = {
  ...{ alpha: 0, lr: 0, momentum: 0, l2: 0, nesterov: 0, decoupled: 0, beta1: 0, beta2: 0, eps: 0 },
  ...{ correction1: 0, correction2: 0, rate: 0 },
};

/** LeakyRelu; the tfjs kernel is scalar. */
export function leakyRelu(engine: Engine, call: KernelCall): tf.TensorInfo | undefined {
  const x = call.inputs.x!;
  if (x.dtype !== "float32") return undefined;
  const out = call.backend.makeOutput(x.shape, "float32");
  runElements(engine, [x, out], { op: ELEMENT_OP.leakyRelu, alpha: call.attrs.alpha });
  return out;
}

/** dx = dy where x > 0, else alpha·dy. */
export function leakyReluGrad(engine: Engine, call: KernelCall): tf.TensorInfo {
  const { x, dy } = call.inputs;
  const out = call.backend.makeOutput(x!.shape, "float32");
  const { alpha } = call.attrs;
  runElements(engine, [x!, dy!, out], { op: ELEMENT_OP.leakyReluGrad, alpha });
  return out;
}

/** SGD with momentum, in place. */
export function sgdUpdate(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { weight, velocity, grad } = call.inputs;
  const { lr, momentum, l2, nesterov, decoupled }: SgdUpdateAttrs = call.attrs;
  runElements(engine, [weight!, velocity!, grad!], {
    op: ELEMENT_OP.sgd,
    ...{ lr, momentum, l2 },
    nesterov: nesterov ? 1 : 0,
    decoupled: decoupled ? 1 : 0,
  });
  markWritten(call.backend, weight!);
  return [];
}

/** Adam, in place. */
export function adamUpdate(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { weight, m, v, grad } = call.inputs;
  const { lr, beta1, beta2, eps, step }: AdamUpdateAttrs = call.attrs;
  runElements(engine, [weight!, m!, v!, grad!], {
    op: ELEMENT_OP.adam,
    ...{ lr, beta1, beta2, eps },
    correction1: 1 / (1 - beta1 ** step),
    correction2: 1 / (1 - beta2 ** step),
  });
  markWritten(call.backend, weight!);
  return [];
}

/** Moving average, in place. */
export function movingAverage(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { moving, batch } = call.inputs;
  const rate = 1 - call.attrs.momentum;
  runElements(engine, [moving!, batch!], { op: ELEMENT_OP.movingAverage, rate });
  markWritten(call.backend, moving!);
  return [];
}

/** Runs an op on tensors of one size, in the order that assembly/elementwise.ts gives. */
function runElements(
  engine: Engine,
  tensors: tf.TensorInfo[],
  parameters: { op: number } & Partial<typeof UNUSED>,
): void {
  const count = tf.util.sizeFromShape(tensors[0]!.shape);
  if (count === 0) return;
  const [a = 0, b = 0, c = 0, d = 0] = tensors.map((tensor) => engine.at(tensor));
  const words = { ...UNUSED, ...parameters, count, perChunk: CHUNK, a, b, c, d };
  engine.run("elementwise", words, { chunks: Math.ceil(count / CHUNK), flops: 8 * count });
}
