/**
 * How other publishers name and lay out pretrained weights, and what they normalise images with.
 *
 * @module
 */
import type { NormalizeConfig } from "../../data/data_config.ts";
import type { Options } from "../../util/registry.ts";
import type { WeightFile } from "../weight_file.ts";

/** What a network's weights were trained with, and so must be fed with. */
export interface InputRule {
  /** Channel order, mean and divisor of pixels on 0..255. */
  normalize: NormalizeConfig;
  /** Options that the network must be built with, such as a ResNet's `variant`. */
  options: Options;
  /** ε of its batch norm; `null` where there is none. */
  bnEpsilon: number | null;
}

/** Order of dimensions of a tensor in a file, for a kernel `[h, w, in, out]` here. */
export type WeightLayout =
  /** As here: `[h, w, in, out]`, and all vectors. */
  | "same"
  /** `[out, in, h, w]`: PyTorch's convolutions. */
  | "oihw"
  /** `[in·multiplier, 1, h, w]`: PyTorch's depthwise convolutions, `[h, w, in, multiplier]` here. */
  | "depthwise"
  /** `[out, in·h·w]`, flattened channel first: PyTorch's fully connected layers. */
  | "linear"
  /** `[h·w·in, out]`, flattened channel last: Keras' and TensorFlow's fully connected layers. */
  | "dense";

/** Name and layout of a weight in the files of one publisher. */
export interface WeightPlace {
  name: string;
  layout: WeightLayout;
  /** Which of how many equal parts of the tensor's first dimension; absent: all of it. */
  part?: TensorPart;
}

/** One of several weights that a file has one behind the other in a tensor, as keys and values. */
export interface TensorPart {
  /** From 0. */
  index: number;
  count: number;
}

/** What a network's registry entry says of pretrained weights. */
export interface PretrainedNetwork {
  readonly name: string;
  /** Names of published weights; the map that knows most names of a file is taken. */
  readonly nameMaps: readonly NameMap[];
  /** The network's options that must be those that its weights were trained with. */
  readonly inputOptions: readonly string[];
  /** ε of its batch norm; `null` where there is none. */
  readonly bnEpsilon: number | null;
}

/** Names of one publisher for the weights of one network. */
export interface NameMap {
  /** Who publishes such files. */
  origin: string;
  /** The publisher of one file, where several use the same names. */
  originOf?(file: WeightFile): string;
  /** Other names under which a file's tensor may be looked up, the best first. */
  aliases(name: string): string[];
  /**
   * Names that a weight may have in a file, and what it becomes where the file has none of them:
   * `fresh`, its random start (score layers), `zero` (biases before a batch norm), or `identity` (a
   * batch norm that was folded into the convolution before it).
   */
  places(weight: string): { places: WeightPlace[]; otherwise: Otherwise };
  /** Prefix of a weight's name in the files of whole networks, which an alias leaves out. @default none */
  prefixOf?(weight: string): string;
  /** Tensors (by any alias) that the network has no use for, such as the origin's own head. */
  unused: RegExp;
  /** What the weights were trained with. */
  input(file: WeightFile): InputRule;
}

/** What becomes of a weight that the file does not hold. */
export type Otherwise = "missing" | "zero" | "fresh" | "identity";

/** torchvision's and timm's: RGB in 0..1, less the mean, by the deviation. */
export const TORCH_NORMALIZE: NormalizeConfig = {
  order: "rgb",
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/** Caffe's, and so Keras' for VGG and ResNet v1: BGR less the mean. */
export const CAFFE_NORMALIZE: NormalizeConfig = {
  order: "bgr",
  mean: [103.939, 116.779, 123.68],
  std: [1, 1, 1],
};

/** The same weights, their first kernels turned round for RGB. */
export const CAFFE_RGB_NORMALIZE: NormalizeConfig = {
  order: "rgb",
  mean: [123.68, 116.779, 103.939],
  std: [1, 1, 1],
};

/** TensorFlow's official ResNet: RGB less the mean. */
export const TENSORFLOW_NORMALIZE: NormalizeConfig = {
  order: "rgb",
  mean: [123.68, 116.78, 103.94],
  std: [1, 1, 1],
};

/** Names of PyTorch for the parts of a layer. */
export const TORCH_PARTS: Readonly<Record<string, string>> = {
  kernel: "weight",
  depthwise_kernel: "weight",
  pointwise_kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** Names of PyTorch without the wrappers that training scripts put before them. */
export function torchAliases(name: string): string[] {
  return [name.replace(/^((module|model|backbone|encoder|net|network|base_model)\.)+/, "")];
}

/**
 * Names of Keras as `layer/part`. A file's path may be `conv1/conv1/kernel:0`, `conv1/conv1_W_1:0`
 * (Keras 1 and early 2), `layers/conv1/vars/0` (Keras 3) or `conv1/kernel` (tfjs), below any
 * number of nested models: each folder of the path may be the layer.
 */
export function kerasAliases(name: string): string[] {
  const folders = name.split("/");
  const leaf = folders.pop()!.replace(/:0$/, "");
  const isKeras3 = folders.at(-1) === "vars";
  if (isKeras3) folders.pop();
  return folders.reverse().flatMap((layer) => {
    const part = isKeras3 ? keras3Part(layer, leaf) : partOf(layer, leaf);
    return part === undefined ? [] : [`${layer}/${part}`];
  });
}

function partOf(layer: string, leaf: string): string | undefined {
  const plain = leaf.startsWith(`${layer}_`) ? leaf.slice(layer.length + 1) : leaf;
  return PARTS[plain.replace(/_\d+$/, "")];
}

/** Keras 3 numbers a layer's weights in the order in which it makes them. */
function keras3Part(layer: string, index: string): string | undefined {
  const isNorm = /bn/.test(layer);
  const parts = isNorm ? ["gamma", "beta", "moving_mean", "moving_variance"] : ["kernel", "bias"];
  return parts[Number(index)];
}

const PARTS: Readonly<Record<string, string | undefined>> = {
  kernel: "kernel",
  W: "kernel",
  bias: "bias",
  b: "bias",
  gamma: "gamma",
  beta: "beta",
  moving_mean: "moving_mean",
  running_mean: "moving_mean",
  moving_variance: "moving_variance",
  // Keras 1 named the running variance so, by mistake
  running_std: "moving_variance",
};
