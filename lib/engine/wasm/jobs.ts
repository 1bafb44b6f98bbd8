/**
 * The jobs of the kernels: the one table for both languages. TypeScript takes the types and the writer
 * of a parameter block from it, and `tasks/build_kernels.ts` makes of it and of job_blocks.ts the
 * classes, constants and the dispatch that the AssemblyScript in `assembly/` imports.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ActivationName } from "../ops/activations.ts";
import type { BLOCKS, RECORDS, WINDOW } from "./job_blocks.ts";

/** The jobs, in the order of their numbers, and what each one's parameter block is. */
export const JOBS = {
  gemm: "Gemm",
  pack: "Gemm",
  pad: "Pad",
  filterGrad: "FilterGrad",
  sumSlices: "SumSlices",
  biasGrad: "BiasGrad",
  maxPool: "MaxPool",
  maxPoolGrad: "MaxPoolGrad",
  avgPoolGrad: "AvgPoolGrad",
  depthwise: "Depthwise",
  depthwiseFilterGrad: "DepthwiseFilterGrad",
  activate: "Activate",
  channelScale: "ChannelScale",
  channelSums: "ChannelSums",
  elementwise: "Elementwise",
  softmaxCrossEntropy: "SoftmaxCrossEntropy",
  sumLosses: "SumLosses",
  moments: "BatchNorm",
  mergeMoments: "BatchNorm",
  normalize: "BatchNorm",
  gradSums: "BatchNormGrad",
  mergeGradSums: "BatchNormGrad",
  normGrad: "BatchNormGrad",
  matMulPack: "MatMul",
  matMul: "MatMul",
  matMulTransposed: "MatMul",
  layerNorm: "LayerNorm",
  layerNormGrad: "LayerNormGrad",
  attentionPack: "Attention",
  attention: "Attention",
  attentionGradPack: "AttentionGrad",
  attentionGrad: "AttentionGrad",
  attentionGradSum: "AttentionGrad",
  resize: "Resize",
  resizeGrad: "ResizeGrad",
  nearestGrad: "NearestGrad",
  repeatPixels: "RepeatPixels",
  sumBlocks: "RepeatPixels",
  copyRows: "CopyRows",
  winogradTiles: "WinogradTiles",
  winogradFilter: "WinogradFilter",
  winogradFilterGrad: "WinogradFilterGrad",
  winogradRotate: "WinogradRotate",
  winogradGemm: "WinogradGemm",
  winogradRank: "WinogradRank",
  winogradOutput: "WinogradOutput",
  repeat: "Repeat",
  segmentSum: "SegmentSum",
  oneHot: "OneHot",
  labelConv: "LabelConv",
  labelFilterGrad: "LabelFilterGrad",
  upsampledProducts: "UpsampledConv",
  upsampledConv: "UpsampledConv",
  upsampledGather: "UpsampledFilterGrad",
  upsampledFilterGrad: "UpsampledFilterGrad",
} as const satisfies Record<string, keyof typeof BLOCKS>;

/** Activations of an epilogue. */
export const ACTIVATION = { linear: 0, relu: 1, relu6: 2, leakyrelu: 3 } as const;
/** One of {@linkcode ACTIVATION}. */
export type ActivationCode = typeof ACTIVATION[keyof typeof ACTIVATION];
/** Activations of the job `activate`, and of batch norm. */
export const ACTIVATION_KIND: Readonly<Record<ActivationName, number>> = {
  relu: 1,
  relu6: 2,
  hardSwish: 3,
  sigmoid: 4,
  hardSigmoid: 5,
  swish: 6,
  gelu: 7,
};
/** Ops of the job `elementwise`. */
export const ELEMENT_OP = { leakyRelu: 0, leakyReluGrad: 1, sgd: 2, adam: 3, movingAverage: 4 };
/** Pixel positions of a resize: half-pixel centres; top left corners, or all corners, coincide. */
export const RESIZE_MODE = { halfPixel: 0, topLeft: 1, alignCorners: 2 };

/** Byte offsets in the control block, see `assembly/index.ts`; the scratch pointers come last. */
export const CONTROL = {
  ticket: 0,
  done: 64,
  sequence: 128,
  job: 192,
  params: 196,
  chunks: 200,
  failures: 204,
  quit: 208,
  scratch: 256,
};

/** Numbers that both sides rely on. */
export const CONSTANTS = {
  /** Bytes between the matrices of two Winograd positions, so that they do not share cache sets. */
  XI_PAD: 192,
  /** Filter rows per chunk of the job `winogradFilter`. */
  FILTER_ROWS: 32,
  /** Channels per chunk of the jobs that merge the sums of batch norm. */
  MERGE_CHANNELS: 16,
  /** Columns per chunk of the job `labelFilterGrad`. */
  LABEL_COLUMNS: 32,
};

/** A job's name. */
export type Job = keyof typeof JOBS;

/** The numbers of the jobs. */
export const JOB_NUMBERS = Object.fromEntries(
  Object.keys(JOBS).map((job, number) => [job, number]),
) as Readonly<Record<Job, number>>;

/** The values of the words of a layout. */
export type Words<L> = {
  readonly [K in keyof L]: L[K] extends `${infer R extends keyof typeof RECORDS}[]`
    ? readonly Words<typeof RECORDS[R]>[]
    : number;
};

/** The words of a job's parameter block. */
export type JobWords<J extends Job> = Words<typeof BLOCKS[typeof JOBS[J]]>;

/** The shape of a convolution or pooling as words. */
export function windowWords(info: tf.backend_util.Conv2DInfo): Words<typeof WINDOW> {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, padInfo: { top, left } } = info;
  return {
    batch: info.batchSize,
    ...{ inHeight, inWidth, inChannels, outHeight, outWidth, outChannels },
    ...{ filterHeight, filterWidth, top, left },
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
  };
}
