/**
 * What a segmentation network and its training may use of tfjs, forward and backward.
 */
import * as tf from "@tensorflow/tfjs";
import { both, type Case, forward, four, MAPS, one, SQUARE, THIN, two } from "./_case.ts";
import { CONVOLUTIONS, NORMS, POOLS } from "./_layer_cases.ts";

export type { Case };

function positive(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.abs(x), 0.5);
}

const UNARY: Case[] = ([
  ["relu", (x) => tf.relu(x)],
  ["relu6", (x) => tf.relu6(tf.mul(x, 5))],
  ["leakyRelu", (x) => tf.leakyRelu(x, 0.2)],
  ["elu", (x) => tf.elu(x)],
  ["sigmoid", (x) => tf.sigmoid(x)],
  ["tanh", (x) => tf.tanh(x)],
  ["softplus", (x) => tf.softplus(x)],
  ["softmax", (x) => tf.softmax(x)],
  ["logSoftmax", (x) => tf.logSoftmax(x)],
  ["log", (x) => tf.log(positive(x))],
  ["exp", (x) => tf.exp(x)],
  ["sqrt", (x) => tf.sqrt(positive(x))],
  ["rsqrt", (x) => tf.rsqrt(positive(x))],
  ["pow", (x) => tf.pow(positive(x), 1.7)],
  ["abs", (x) => tf.abs(x)],
  ["neg", (x) => tf.neg(x)],
  ["square", (x) => tf.square(x)],
  ["clipByValue", (x) => tf.clipByValue(x, -0.5, 0.8)],
  ["logSumExp", (x) => tf.logSumExp(x, -1)],
] as [string, (x: tf.Tensor) => tf.Tensor][]).map(([name, f]) => both(name, [THIN], (x) => f(x!)));

const BINARY: Case[] = ([
  ["add", (a, b) => tf.add(a, b)],
  ["sub", (a, b) => tf.sub(a, b)],
  ["mul", (a, b) => tf.mul(a, b)],
  ["div", (a, b) => tf.div(a, positive(b))],
] as [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][]).flatMap(([name, f]) => [
  both(name, [MAPS, MAPS], (a, b) => f(a!, b!)),
  both(`${name} with broadcasting`, [MAPS, [8]], (a, b) => f(a!, b!)),
]).concat([
  both("minimum", [MAPS, MAPS], (a, b) => tf.minimum(a!, b!)),
  both("maximum", [MAPS, MAPS], (a, b) => tf.maximum(a!, b!)),
  both("prelu", [MAPS, [8]], (x, alpha) => tf.prelu(x!, alpha!)),
  both("squaredDifference", [MAPS, MAPS], (a, b) => tf.squaredDifference(a!, b!)),
]);

const RESIZES: Case[] = [
  both("resizeBilinear up", [SQUARE], (x) => tf.image.resizeBilinear(four(x), [18, 17])),
  both("resizeBilinear down", [SQUARE], (x) => tf.image.resizeBilinear(four(x), [4, 5])),
  both(
    "resizeBilinear with aligned corners",
    [SQUARE],
    (x) => tf.image.resizeBilinear(four(x), [13, 16], true),
  ),
  forward(
    "resizeBilinear with half-pixel centres",
    [THIN],
    (x) => tf.image.resizeBilinear(four(x), [18, 16], false, true),
  ),
  both(
    "resizeNearestNeighbor, one image",
    [[1, 4, 5, 3]],
    (x) => tf.image.resizeNearestNeighbor(four(x), [8, 10]),
  ),
  forward(
    "resizeNearestNeighbor with half-pixel centres",
    [THIN],
    (x) => tf.image.resizeNearestNeighbor(four(x), [18, 16], false, true),
  ),
  forward("cropAndResize", [THIN], (x) => {
    const boxes = tf.tensor2d([[0, 0, 0.5, 0.7], [0.1, 0.2, 1, 1]]);
    return tf.image.cropAndResize(four(x), boxes, tf.tensor1d([0, 1], "int32"), [5, 4]);
  }),
  forward("rotateWithOffset", [THIN], (x) => tf.image.rotateWithOffset(four(x), 0.2, 0)),
  forward("flipLeftRight", [THIN], (x) => tf.image.flipLeftRight(four(x))),
];

const REDUCTIONS: Case[] = [
  both("sum of all", [MAPS], (x) => tf.sum(x!)),
  both("sum of leading axes", [MAPS], (x) => tf.sum(x!, [0, 1, 2])),
  both("sum of the last axis", [MAPS], (x) => tf.sum(x!, -1, true)),
  both("mean of all", [MAPS], (x) => tf.mean(x!)),
  both("mean of the middle axes", [MAPS], (x) => tf.mean(x!, [1, 2])),
  both("max of the last axis", [MAPS], (x) => tf.max(x!, -1)),
  both("min of the last axis", [MAPS], (x) => tf.min(x!, -1)),
  both("cumsum", [MAPS], (x) => tf.cumsum(x!, 3)),
  forward("argMax", [MAPS], (x) => tf.argMax(x!, -1)),
  forward("topk", [[6, 20]], (x) => tf.topk(x!, 5).values),
  forward(
    "bincount",
    [[40]],
    (x) => tf.bincount(one(tf.cast(tf.abs(tf.mul(x!, 3)), "int32")), tf.tensor1d([]), 12),
  ),
  forward("confusionMatrix", [[40], [40]], (a, b) => {
    const classes = (t: tf.Tensor): tf.Tensor1D =>
      one(tf.minimum(tf.cast(tf.abs(t), "int32"), tf.scalar(3, "int32")));
    return tf.math.confusionMatrix(classes(a!), classes(b!), 4);
  }),
];

/** One-hot labels `[3, 2]` of 4 classes, one of them ignored. */
function labels(): tf.Tensor {
  const indices = tf.tensor2d([[0, 3], [255, 1], [2, 2]], [3, 2], "int32");
  return tf.oneHot(indices as unknown as tf.Tensor1D, 4);
}

const SHAPES: Case[] = [
  both("concat", [MAPS, THIN], (a, b) => tf.concat([a!, b!], 3)),
  both("stack", [THIN, THIN], (a, b) => tf.stack([a!, b!], 1)),
  both("split", [MAPS], (x) => {
    const [a, b] = tf.split(x!, [3, 5], 3) as [tf.Tensor, tf.Tensor];
    return tf.add(tf.sum(a, -1), tf.sum(tf.square(b), -1));
  }),
  both("pad", [MAPS], (x) => tf.pad(x!, [[0, 0], [1, 2], [3, 0], [0, 0]])),
  both(
    "mirrorPad",
    [[2, 5, 4, 3]],
    (x) => tf.mirrorPad(x!, [[0, 0], [1, 2], [2, 1], [0, 0]], "reflect"),
  ),
  both("slice", [MAPS], (x) => tf.slice(x!, [0, 2, 1, 3], [2, 5, 6, 4])),
  both("transpose", [MAPS], (x) => tf.transpose(x!, [2, 0, 3, 1])),
  both("reverse", [MAPS], (x) => tf.reverse(x!, [1, 3])),
  both("tile", [THIN], (x) => tf.tile(x!, [1, 2, 1, 3])),
  both("gather", [[7, 5]], (x) => tf.gather(x!, tf.tensor1d([3, 0, 6, 3], "int32"))),
  both("reshape", [MAPS], (x) => tf.square(tf.reshape(x!, [6, -1]))),
  both("spaceToBatchND", [[1, 6, 8, 3]], (x) => tf.spaceToBatchND(x!, [2, 2], [[0, 0], [0, 0]])),
  both("batchToSpaceND", [[4, 3, 4, 3]], (x) => tf.batchToSpaceND(x!, [2, 2], [[0, 0], [0, 0]])),
  forward("depthToSpace", [MAPS], (x) => tf.depthToSpace(four(x), 2, "NHWC")),
  both(
    "unsortedSegmentSum",
    [[6, 4]],
    (x) => tf.unsortedSegmentSum(x!, tf.tensor1d([0, 2, 0, 1, 2, 2], "int32"), 4),
  ),
  both("where", [MAPS, MAPS], (a, b) => tf.where(tf.greater(tf.ones(MAPS), 0), a!, b!)),
  forward(
    "oneHot with labels outside the classes",
    [[1]],
    () => labels(),
  ),
];

const PRODUCTS: Case[] = [
  ...[[false, false], [true, false], [false, true], [true, true]].flatMap(([ta, tb]) => {
    const name = `${ta ? "Aᵀ" : "A"}·${tb ? "Bᵀ" : "B"}`;
    const shapes = (
      m: number,
      k: number,
      n: number,
    ) => [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]];
    const f: Case["f"] = (a, b) => tf.matMul(a!, b!, ta, tb);
    return [
      both(`matMul ${name}`, shapes(12, 20, 16), f),
      both(`matMul ${name} of odd sizes`, shapes(13, 19, 7), f),
    ];
  }),
  both("matMul with a long sum", [[8, 3000], [3000, 12]], (a, b) => tf.matMul(a!, b!)),
  both("matMul batched", [[3, 12, 8], [3, 8, 16]], (a, b) => tf.matMul(a!, b!)),
  forward(
    "matMul batched with a shared factor",
    [[3, 5, 8], [1, 8, 6]],
    (a, b) => tf.matMul(a!, b!),
  ),
  both("matMul of a vector", [[1, 30], [30, 1]], (a, b) => tf.matMul(a!, b!)),
  both(
    "fused.matMul with bias and ReLU",
    [[12, 20], [20, 16], [16]],
    (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: "relu" }),
  ),
  both(
    "fused.matMul with leaky ReLU",
    [[7, 9], [9, 5]],
    (a, b) => tf.fused.matMul({ a: a!, b: b!, activation: "leakyrelu", leakyreluAlpha: 0.2 }),
  ),
  forward("einsum", [[4, 5], [5, 6]], (a, b) => tf.einsum("ij,jk->ik", a!, b!)),
];

const LOSSES: Case[] = [
  both(
    "the cross-entropy of one-hot labels",
    [[3, 2, 4]],
    (x) => tf.neg(tf.sum(tf.mul(labels(), tf.logSoftmax(x!)))),
  ),
  both(
    "softmaxCrossEntropy",
    [[6, 5]],
    (x) =>
      tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 1, 4, 2, 2, 3], "int32"), 5), two(x)),
  ),
  both(
    "sigmoidCrossEntropy",
    [[6, 5]],
    (x) =>
      tf.losses.sigmoidCrossEntropy(tf.oneHot(tf.tensor1d([0, 1, 4, 2, 2, 3], "int32"), 5), x!),
  ),
  both("meanSquaredError", [MAPS, MAPS], (a, b) => tf.losses.meanSquaredError(a!, b!)),
];

/** All of them. */
export const CASES: Case[] = [
  ...CONVOLUTIONS,
  ...POOLS,
  ...NORMS,
  ...UNARY,
  ...BINARY,
  ...RESIZES,
  ...REDUCTIONS,
  ...SHAPES,
  ...PRODUCTS,
  ...LOSSES,
];
