/**
 * What TensorFlow.js lacks for training: a lean backward pass and fused operations.
 *
 * @module
 */
export { record, type Recording } from "./tape.ts";
export { checkpointed, type CheckpointedOptions } from "./gradient_checkpointing.ts";
export { activation, type ActivationName } from "./ops/activations.ts";
export { batchNormTraining, movingAverage } from "./ops/batch_norm.ts";
export { globalAveragePool, scaleChannels } from "./ops/channel_maps.ts";
export { conv2d, type Conv2dOptions } from "./ops/conv2d.ts";
export { depthwiseConv2d, type DepthwiseConv2dOptions } from "./ops/depthwise_conv.ts";
export { leakyRelu } from "./ops/leaky_relu.ts";
export { lovaszExtension } from "./ops/lovasz.ts";
export { oneHot, softmaxCrossEntropy } from "./ops/labels.ts";
export { currentPrecision, type Precision, withPrecision } from "./ops/precision.ts";
export { adaptiveAveragePool } from "./ops/adaptive_pool.ts";
export { attention } from "./ops/attention.ts";
export { layerNorm } from "./ops/layer_norm.ts";
export { resizeBilinear } from "./ops/resize_bilinear.ts";
export { resizeNearest } from "./ops/resize_nearest.ts";
export { powerIteration, type SingularVectors, spectralNormalized } from "./ops/spectral_norm.ts";
export { adamUpdate, sgdUpdate } from "./ops/optimizer_updates.ts";
export { withoutGradient } from "./ops/without_gradient.ts";
export { unpackBatch, type UnpackBatchOptions } from "./ops/unpack_batch.ts";
export type {
  AdamUpdateAttrs,
  SgdUpdateAttrs,
  SoftmaxCrossEntropyAttrs,
  UnpackBatchAttrs,
} from "./ops/kernels.ts";
