/**
 * Names, inputs and attributes of the training kernels that a backend may register with
 * `tf.registerKernel`.
 *
 * All tensors are float32 and NHWC unless said otherwise.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/**
 * Batch norm with batch statistics. Inputs `x [b,h,w,c]`, `gamma [c]`, `beta [c]`;
 * outputs `[y [b,h,w,c], mean [c], variance [c] (biased)]`. With `relu`, y = max(0, bn(x)).
 */
export const BATCH_NORM_TRAIN = "SegadvBatchNormTrain";
/** Attributes of {@linkcode BATCH_NORM_TRAIN} and its gradient. */
export interface BatchNormTrainAttrs {
  eps: number;
  /** Whether a ReLU follows inside the kernel. */
  relu: boolean;
}
/**
 * Gradient of {@linkcode BATCH_NORM_TRAIN}. Inputs `x`, `y` (its output; masks the ReLU), `dy`,
 * `gamma`, `mean`, `variance`; outputs `[dx [b,h,w,c], dgamma [c], dbeta [c]]`.
 */
export const BATCH_NORM_TRAIN_GRAD = "SegadvBatchNormTrainGrad";

/** {@linkcode BATCH_NORM_TRAIN} followed by a leaky ReLU: y = max(bn(x), alpha·bn(x)). */
export const BATCH_NORM_LEAKY_TRAIN = "SegadvBatchNormLeakyTrain";
/** Attributes of {@linkcode BATCH_NORM_LEAKY_TRAIN} and its gradient. */
export interface BatchNormLeakyTrainAttrs {
  eps: number;
  /** Slope below zero, 0 ≤ alpha < 1. */
  alpha: number;
}
/** Gradient of {@linkcode BATCH_NORM_LEAKY_TRAIN}, inputs and outputs as without the leak. */
export const BATCH_NORM_LEAKY_TRAIN_GRAD = "SegadvBatchNormLeakyTrainGrad";

/**
 * Layer norm over the last axis. Inputs `x [..,c]`, `gamma [c]`, `beta [c]`; outputs
 * `[y [..,c], mean [rows], inverse [rows] = 1/√(variance + eps)]`, rows being all axes but the last.
 * Attributes `{ eps }`.
 */
export const LAYER_NORM = "SegadvLayerNorm";
/**
 * Gradient of {@linkcode LAYER_NORM}. Inputs `x`, `dy`, `gamma`, `mean`, `inverse`; outputs
 * `[dx [..,c], dgamma [c], dbeta [c]]`.
 */
export const LAYER_NORM_GRAD = "SegadvLayerNormGrad";

/**
 * Multi-head attention softmax(q·kᵀ/√d)·v, head by head (d = c / heads). Inputs `q [b,n,c]`,
 * `k [b,m,c]`, `v [b,m,c]`; outputs `[y [b,n,c], logSums [b,n,heads]]`, the logarithms of the sums of
 * exponentials. Attributes {@linkcode AttentionAttrs}.
 */
export const ATTENTION = "SegadvAttention";
/**
 * Gradient of {@linkcode ATTENTION}. Inputs `q`, `k`, `v`, `y`, `logSums` and `dy`; outputs
 * `[dq, dk, dv]`.
 */
export const ATTENTION_GRAD = "SegadvAttentionGrad";
/** Attributes of both attention kernels. */
export interface AttentionAttrs {
  /** Divides the channels. */
  heads: number;
}

/**
 * softmax(z / T) cross-entropy, loss and gradient in one. Inputs `logits [n,c]`, `labels [n]`
 * (int32; the ignore label or any value outside 0..c-1 contributes nothing); outputs
 * `[loss [] = scale·Σ −log p(label), dlogits [n,c] = d loss / d logits]`.
 */
export const SOFTMAX_CROSS_ENTROPY = "SegadvSoftmaxCrossEntropy";
/** Attributes of {@linkcode SOFTMAX_CROSS_ENTROPY}. */
export interface SoftmaxCrossEntropyAttrs {
  temperature: number;
  /** Usually 1 / (number of valid pixels). */
  scale: number;
}

/**
 * Lovász extension of the Jaccard loss of one class. Inputs `errors`, `truth` and `mask`, all `[n]`;
 * outputs `[loss [], weights [n] = d loss / d errors]`.
 */
export const LOVASZ_EXTENSION = "SegadvLovaszExtension";

/**
 * Gradient of a bias and a ReLU behind it. Inputs `dy [b,h,w,c]` and `y [b,h,w,c]` (the ReLU's
 * output); outputs `[masked [b,h,w,c] = dy·(y > 0), dbias [c] = Σ masked]`.
 */
export const BIAS_RELU_GRAD = "SegadvBiasReluGrad";

/**
 * {@linkcode BIAS_RELU_GRAD} of a leaky ReLU: `masked = dy·(y > 0 ? 1 : alpha)`. Attributes
 * `{ alpha }`.
 */
export const BIAS_LEAKY_RELU_GRAD = "SegadvBiasLeakyReluGrad";

/** Gradient of a bias: input `dy [b,h,w,c]`; output `dbias [c] = Σ dy`. */
export const BIAS_GRAD = "SegadvBiasGrad";

/**
 * Gradient of a dilated convolution of stride 1 with respect to its input, which tfjs lacks. Inputs
 * `dy [b,h',w',f]`, `filter [k,l,c,f]`; output `dx [b,h,w,c]`. Attributes
 * {@linkcode DilatedConvAttrs} and `inputShape`.
 */
export const DILATED_CONV_INPUT_GRAD = "SegadvDilatedConv2dInputGrad";
/**
 * The same with respect to its filter. Inputs `x [b,h,w,c]`, `dy [b,h',w',f]`; output
 * `dfilter [k,l,c,f]`. Attributes {@linkcode DilatedConvAttrs} and `filterShape`.
 */
export const DILATED_CONV_FILTER_GRAD = "SegadvDilatedConv2dFilterGrad";
/** Attributes of both gradients, named as tfjs names those of a convolution. */
export interface DilatedConvAttrs {
  strides: number | [number, number];
  pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  dilations: number | [number, number];
  dataFormat: "NHWC";
}

/** Input `x`, `dy` of one shape; output `dx = dy·(x > 0 ? 1 : alpha)`. Attributes `{ alpha }`. */
export const LEAKY_RELU_GRAD = "SegadvLeakyReluGrad";

/**
 * Bilinear resize with clamped edges. Input `x [b,h,w,c]`; output `[b,H,W,c]`. Attributes
 * {@linkcode ResizeAttrs}.
 */
export const RESIZE_BILINEAR = "SegadvResizeBilinear";
/** Gradient of {@linkcode RESIZE_BILINEAR}: input `dy [b,H,W,c]`, output `dx [b,h,w,c]`. */
export const RESIZE_BILINEAR_GRAD = "SegadvResizeBilinearGrad";
/** Attributes of both resize kernels: the output's height and width (for the gradient, dx's). */
export interface ResizeAttrs {
  height: number;
  width: number;
  /** Whether the centres of the corner pixels coincide; else half-pixel centres. @default false */
  alignCorners?: boolean;
}

/**
 * Enlargement that repeats pixels. Input `x [b,h,w,c]`; output `[b,factor·h,factor·w,c]`. Attributes
 * {@linkcode ResizeNearestAttrs}.
 */
export const RESIZE_NEAREST = "SegadvResizeNearest";
/** Gradient of {@linkcode RESIZE_NEAREST}: input `dy`, output `dx [b,h,w,c]`, sums over blocks. */
export const RESIZE_NEAREST_GRAD = "SegadvResizeNearestGrad";
/** Attributes of both kernels. */
export interface ResizeNearestAttrs {
  /** A whole number. */
  factor: number;
}

/**
 * One-hot maps. Input `labels` (int32, any shape); output float32 `[...labels.shape, classes]`, all
 * zeros where a label is no class. Attributes `{ classes }`.
 */
export const ONE_HOT = "SegadvOneHot";

/**
 * SGD with momentum, in place: g ← grad + (decoupled ? 0 : l2·w); v ← momentum·v + g;
 * w ← w − lr·(nesterov ? g + momentum·v : v) − (decoupled ? lr·l2·w : 0), the old w throughout.
 * Inputs `weight`, `velocity`, `grad` of one shape; `weight` and `velocity` are overwritten;
 * outputs `[]`.
 */
export const SGD_UPDATE = "SegadvSgdUpdate";
/** Attributes of {@linkcode SGD_UPDATE}. */
export interface SgdUpdateAttrs {
  lr: number;
  momentum: number;
  nesterov: boolean;
  l2: number;
  decoupled: boolean;
}

/**
 * {@linkcode SGD_UPDATE} that can be skipped: a further input `control [4]` holds at 0 whether to
 * update at all (0: nothing is overwritten, whatever `grad` holds), at 1 what `grad` is multiplied by
 * first. Attributes {@linkcode SgdUpdateAttrs}.
 */
export const SGD_UPDATE_IF = "SegadvSgdUpdateIf";

/**
 * Checks that scaled gradients are finite and updates their scale (dynamic loss scaling). Inputs `gradient0`,
 * `gradient1`, … of any shapes, `scale []` and `goodSteps []` (overwritten) and, with `clipNorm`,
 * `length []`, the norm of all gradients together; outputs `[control [4]]` for
 * {@linkcode SGD_UPDATE_IF}, then with `clipNorm` `norm [] = length / scale`, 0 on an overflow.
 */
export const CHECK_GRADIENTS = "SegadvCheckGradients";
/** Attributes of {@linkcode CHECK_GRADIENTS}. */
export interface CheckGradientsAttrs {
  /** Finite steps in a row that double the scale. */
  patience: number;
  /** The largest scale. */
  most: number;
  /** Longest `norm` that is not shortened by `control[1]`. */
  clipNorm: number | null;
}

/**
 * Adam, in place: m ← β1·m + (1−β1)·g; v ← β2·v + (1−β2)·g²;
 * w ← w − lr·(m / (1−β1^t)) / (√(v / (1−β2^t)) + eps). Inputs `weight`, `m`, `v`, `grad`;
 * the first three are overwritten; outputs `[]`.
 */
export const ADAM_UPDATE = "SegadvAdamUpdate";
/** Attributes of {@linkcode ADAM_UPDATE}. */
export interface AdamUpdateAttrs {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  /** t, from 1. */
  step: number;
}

/**
 * Moving average, in place: moving ← moving + (1 − momentum)·(batch − moving). Inputs `moving`,
 * `batch` of one shape; `moving` is overwritten; outputs `[]`. Attributes `{ momentum }`.
 */
export const MOVING_AVERAGE = "SegadvMovingAverage";

/**
 * A batch of bytes as network input. Inputs `bytes [b·h·w]` (int32: four bytes each, first the
 * RGB pixels `[b,h,w,3]`, then the labels `[b,h,w]`) and `table [768]` (the value of level v in
 * channel c at c·256 + v); outputs `[images [b,h,w,3], labels [b,h,w] int32]`. Attributes
 * {@linkcode UnpackBatchAttrs}.
 */
export const UNPACK_BATCH = "SegadvUnpackBatch";
/** Attributes of {@linkcode UNPACK_BATCH}. */
export interface UnpackBatchAttrs {
  /** `[b, h, w]`. */
  shape: [number, number, number];
  /** Whether channel c of the output is channel 2 − c of the picture. */
  reversed: boolean;
}
