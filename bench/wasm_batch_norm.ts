import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "../lib/engine/ops/batch_norm.ts";
import { disposeWasmBackend, registerWasmBackend } from "../lib/engine/wasm/mod.ts";
import { time, timeInterleaved } from "./interleaved.ts";
import type { Row } from "./row.ts";

const SHAPE: [number, number, number, number] = [2, 64, 64, 64];
const EPSILON = 1e-3;

type Norm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => tf.Tensor;

function own(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const inputs = {
    x: x as tf.Tensor4D,
    gamma: gamma as tf.Tensor1D,
    beta: beta as tf.Tensor1D,
  };
  return batchNormTraining(inputs, { eps: EPSILON })[0];
}

/** As the stock batch norm layer does it. */
function composition(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(
    x,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    beta as tf.Tensor1D,
    gamma as tf.Tensor1D,
    EPSILON,
  );
}

async function timeOn(start: () => Promise<unknown>, norm: Norm): Promise<number> {
  await start();
  await tf.setBackend("wasm");
  const tensors = [tf.randomNormal(SHAPE), tf.ones([SHAPE[3]]), tf.zeros([SHAPE[3]])];
  const dy = tf.randomNormal(SHAPE);
  const pass = (): number => time(() => tf.dispose(tf.tidy(() => tf.grads(norm)(tensors, dy))));
  pass();
  const ms = Math.min(pass(), pass(), pass());
  tf.dispose([...tensors, dy]);
  await disposeWasmBackend();
  return ms;
}

/** The row `batchnorm-train/stock`: forward and gradients on one thread. */
export function batchNormRow(): Promise<Row> {
  return timeInterleaved("batchnorm-train/stock", {
    value: () => timeOn(() => registerWasmBackend({ threads: 1 }), own),
    baseline: () => timeOn(disposeWasmBackend, composition),
  });
}
