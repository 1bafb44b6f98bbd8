import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";
import { assertSameAsCpu, tensor } from "../../support/wasm_compare.ts";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
/** Shapes of the inputs, the op, and what is added to the inputs so that the op is defined. */
type Case = [shapes: number[][], op: Op, shift?: number];

const MAP = [2, 6, 7, 5];
const ROWS = [6, 9];
function as4(x: tf.Tensor): tf.Tensor4D {
  return x as tf.Tensor4D;
}
function as2(x: tf.Tensor): tf.Tensor2D {
  return x as tf.Tensor2D;
}

function unary(ops: Record<string, (x: tf.Tensor) => tf.Tensor>, shift = 0): Record<string, Case> {
  return Object.fromEntries(
    Object.entries(ops).map(([name, op]) => [name, [[MAP], (x) => op(x!), shift] as Case]),
  );
}

function binary(
  ops: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>,
  shift = 0,
): Record<string, Case> {
  return Object.fromEntries(
    Object.entries(ops).flatMap(([name, op]) =>
      [MAP, [5], [1, 6, 1, 5]].map((shape): [string, Case] => [
        `${name} with [${shape}]`,
        [[MAP, shape], (a, b) => op(a!, b!), shift],
      ])
    ),
  );
}

/** conv2d over kernel sizes, strides, paddings and channel counts. */
function convolutions(): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (
    const [k, stride, pad, cin, cout] of [
      [1, 1, "same", 5, 7],
      [1, 2, "same", 8, 16],
      [2, 2, "valid", 5, 3],
      [3, 1, "same", 3, 8],
      [3, 1, "valid", 8, 8],
      [3, 1, "same", 16, 32],
      [3, 1, "same", 20, 12],
      [3, 2, "same", 16, 20],
      [3, 1, "same", 1, 1],
      [3, 1, "same", 64, 70],
      [4, 1, "valid", 6, 6],
      [4, 2, "same", 5, 9],
      [5, 1, "same", 17, 4],
      [5, 3, "valid", 4, 33],
      [7, 1, "same", 24, 40],
      [7, 2, "same", 3, 16],
    ] as const
  ) {
    cases[`conv2d ${k}x${k} stride ${stride} ${pad} ${cin}-${cout}`] = [
      [[3, 9, 11, cin], [k, k, cin, cout]],
      (x, f) => tf.conv2d(as4(x!), as4(f!), stride, pad),
    ];
    cases[`conv2dTranspose ${k}x${k} stride ${stride} ${pad} ${cin}-${cout}`] = [
      [[2, 3, 4, cin], [k, k, cout, cin]],
      (x, f) => {
        const side = (n: number): number => pad === "same" ? n * stride : (n - 1) * stride + k;
        return tf.conv2dTranspose(
          as4(x!),
          as4(f!),
          [2, side(3), side(4), cout],
          stride,
          pad,
        );
      },
    ];
  }
  return cases;
}

const CASES: Record<string, Case> = {
  ...binary({ add: tf.add, sub: tf.sub, mul: tf.mul }),
  ...binary({ div: tf.div, pow: tf.pow }, 2),
  ...unary({
    relu: tf.relu,
    relu6: tf.relu6,
    leakyRelu: (x) => tf.leakyRelu(x, 0.2),
    elu: tf.elu,
    selu: tf.selu,
    sigmoid: tf.sigmoid,
    tanh: tf.tanh,
    softplus: tf.softplus,
    exp: tf.exp,
    square: tf.square,
    abs: tf.abs,
    neg: tf.neg,
    softmax: (x) => tf.softmax(x),
    logSoftmax: (x) => tf.logSoftmax(x),
    logSumExp: (x) => tf.logSumExp(x, [1, 3]),
    mean: (x) => tf.mean(x, [0, 1, 2]),
    sum: (x) => tf.sum(x, [1, 2]),
    max: (x) => tf.max(x, 3),
    min: (x) => tf.min(x, 3),
    moments: (x) => tf.moments(x, [0, 1, 2]).variance,
    maxPool: (x) => tf.maxPool(as4(x), 2, 2, "same"),
    "maxPool 3x3 stride 2": (x) => tf.maxPool(as4(x), 3, 2, "same"),
    "avgPool valid": (x) => tf.avgPool(as4(x), 2, 2, "valid"),
    "avgPool 3x3 valid": (x) => tf.avgPool(as4(x), 3, 1, "valid"),
    pad: (x) => tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]),
    mirrorPad: (x) => tf.mirrorPad(x, [[0, 0], [1, 2], [0, 3], [0, 0]], "reflect"),
    slice: (x) => tf.slice(x, [0, 1, 2, 0], [2, 3, 4, 5]),
    transpose: (x) => tf.transpose(x, [0, 3, 1, 2]),
    reshape: (x) => tf.reshape(x, [12, -1]),
    reverse: (x) => tf.reverse(x, [1, 2]),
    tile: (x) => tf.tile(x, [1, 2, 1, 3]),
    broadcastTo: (x) => tf.broadcastTo(tf.slice(x, [0, 0, 0, 0], [2, 1, 7, 1]), MAP),
    split: (x) => tf.split(x, [1, 4], 3)[1]!,
    unstack: (x) => tf.unstack(x, 2)[3]!,
    clipByValue: (x) => tf.clipByValue(x, -0.3, 0.5),
    dropout: (x) => tf.dropout(x, 0.5, undefined, 7),
    localResponseNormalization: (x) => tf.localResponseNormalization(as4(x), 2),
    spaceToBatchND: (x) => tf.spaceToBatchND(x, [2, 1], [[0, 0], [0, 0]]),
    expandDims: (x) => tf.expandDims(x, 2),
    gather: (x) => tf.gather(x, tf.tensor1d([3, 1, 1], "int32"), 2),
    cumsum: (x) => tf.cumsum(x, 3),
  }),
  ...unary({ log: tf.log, log1p: tf.log1p, sqrt: tf.sqrt, rsqrt: tf.rsqrt, prod: tf.square }, 2),
  // Square, because the cpu backend swaps height and width of this gradient.
  resizeBilinear: [[[2, 6, 6, 5]], (x) => tf.image.resizeBilinear(as4(x!), [12, 14])],
  "resizeBilinear aligned": [
    [[2, 6, 6, 5]],
    (x) => tf.image.resizeBilinear(as4(x!), [9, 5], true),
  ],
  matMul: [[[7, 9], [9, 5]], (a, b) => tf.matMul(as2(a!), as2(b!))],
  "matMul transposed": [[[9, 7], [5, 9]], (a, b) => tf.matMul(as2(a!), as2(b!), true, true)],
  "batch matMul": [[[3, 7, 9], [3, 9, 5]], (a, b) => tf.matMul(a!, b!)],
  prelu: [[MAP, [5]], (x, alpha) => tf.prelu(x!, alpha!)],
  concat: [[MAP, MAP], (a, b) => tf.concat([a!, b!], 3)],
  stack: [[MAP, MAP], (a, b) => tf.stack([a!, b!], 1)],
  where: [[MAP, MAP], (a, b) => tf.where(tf.greater(tf.range(0, 5), 2), a!, b!)],
  batchNorm: [
    [MAP, [5], [5], [5]],
    (x, mean, offset, scale) =>
      tf.batchNorm(
        x!,
        mean as tf.Tensor1D,
        tf.fill([5], 2) as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  ],
  "batch norm of the batch": [[MAP, [5], [5]], (x, offset, scale) => {
    const { mean, variance } = tf.moments(x!, [0, 1, 2]);
    return tf.batchNorm(
      x!,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      offset as tf.Tensor1D,
      scale as tf.Tensor1D,
    );
  }],
  softmaxCrossEntropy: [
    [ROWS],
    (x) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.range(0, 6, 1, "int32"), 9), x!),
  ],
  sigmoidCrossEntropy: [
    [ROWS],
    (x) => tf.losses.sigmoidCrossEntropy(tf.step(tensor([6, 9], 3)), x!),
  ],
  meanSquaredError: [[ROWS, ROWS], (a, b) => tf.losses.meanSquaredError(a!, b!)],
  depthwiseConv2d: [
    [MAP, [3, 3, 5, 2]],
    (x, f) => tf.depthwiseConv2d(as4(x!), as4(f!), 1, "same"),
  ],
  separableConv2d: [
    [MAP, [3, 3, 5, 2], [1, 1, 10, 4]],
    (x, d, p) => tf.separableConv2d(as4(x!), as4(d!), as4(p!), 1, "same"),
  ],
  ...convolutions(),
};

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

describe("tf.grads() on WASM", () => {
  before(async () => void await registerWasmBackend({ threads: 2 }));
  after(disposeWasmBackend);

  test("tf.grads() on WASM covers every op of the survey of the tfjs backend", () => {
    assert.ok(Object.keys(CASES).length >= 109, `${Object.keys(CASES).length}`);
  });

  for (const [name, [shapes, op, shift = 0]] of Object.entries(CASES)) {
    test(`${name} and its gradients equal cpu`, LONG, async () => {
      await assertSameAsCpu(() => {
        const inputs = shapes.map((shape, i) => tf.add(tensor(shape as [number], i + 1), shift));
        const y = op(...inputs);
        return [y, ...tf.grads(op)(inputs, tensor(y.shape as [number], 9))];
      }, { tolerance: 1e-4, label: name });
    });
  }
});
