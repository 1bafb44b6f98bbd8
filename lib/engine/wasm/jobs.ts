/**
 * The jobs of the kernels and the layout of their parameter blocks: the one table for both languages.
 * TypeScript takes the types and the writer of a block from it, and `tasks/build_kernels.ts` makes
 * of it the classes, constants and the dispatch that the AssemblyScript in `assembly/` imports.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ActivationName } from "../ops/activations.ts";

/**
 * A word of 4 bytes (a pointer is a byte address on the heap), or a list of records: two words, the
 * address of the first and their number; the records themselves follow the block.
 */
export type WordType = "i32" | "f32" | "pointer" | `${string}[]`;

/** Names and types of consecutive words, in their order. */
export type Layout = Readonly<Record<string, WordType>>;

function ints<K extends string>(...names: K[]): Record<K, "i32"> {
  return Object.fromEntries(names.map((name) => [name, "i32"])) as Record<K, "i32">;
}

function floats<K extends string>(...names: K[]): Record<K, "f32"> {
  return Object.fromEntries(names.map((name) => [name, "f32"])) as Record<K, "f32">;
}

function pointers<K extends string>(...names: K[]): Record<K, "pointer"> {
  return Object.fromEntries(names.map((name) => [name, "pointer"])) as Record<K, "pointer">;
}

/** Parts of a block that may be repeated. */
export const RECORDS = {
  /** Offset to an output pixel's input row and column; first filter position, step within a run. */
  Tap: ints("dy", "dx", "index", "step"),
  /** A grid of output pixels from (oy, ox) on, and its filter: `depth` values a pixel and tap. */
  GemmPhase: {
    ...ints("oy", "ox", "height", "width", "depth", "packedOffset", "panelBytes", "run"),
    taps: "Tap[]",
  },
  /** First filter position, first row of the transformed matrices, first position of the domain. */
  FilterPart: ints("tap", "row", "position"),
  /** Padding before the first tile, and the first output pixel. */
  TilePhase: ints("top", "left", "oy", "ox"),
} as const satisfies Record<string, Layout>;

/** Shape of a convolution or pooling, see {@linkcode windowWords}. */
const WINDOW = {
  ...ints("batch", "inHeight", "inWidth", "inChannels", "outHeight", "outWidth", "outChannels"),
  ...ints("filterHeight", "filterWidth", "strideY", "strideX", "dilationY", "dilationX"),
  ...ints("top", "left"),
};
/** Bias (0: none) and activation behind a convolution. */
const EPILOGUE = { ...pointers("bias"), ...ints("activation"), ...floats("alpha") };
const ROW_BLOCKS = ints("rows", "channels", "rowsPerBlock");
/** `activation`: 0 or one of ACTIVATION_KIND; `leak` is the slope of a ReLU below zero. */
const BATCH_NORM = { ...ROW_BLOCKS, ...ints("blocks", "activation"), ...floats("eps", "leak") };
const RESIZE = ints("height", "width", "channels", "outHeight", "outWidth");
/** Sizes of an attention, see assembly/attention.ts; bytes of a head's packed keys and values. */
const ATTENTION = {
  ...ints("batch", "queries", "keys", "channels", "heads", "depth", "pitch", "rowsPerBlock"),
  ...ints("headBytes"),
  ...floats("scale"),
};
/** How the panels of a product are shared between the chunks. */
const PANELS = ints("panels", "groups", "groupPanels", "columns");
const FILTER_TRANSFORM = {
  ...ints("channels", "columns", "panels", "scheme", "domain", "rowStep", "columnStep", "uRows"),
  parts: "FilterPart[]",
} as const;

/** The parameter blocks: every word of each, in order. */
export const BLOCKS = {
  Gemm: {
    ...pointers("x", "zero", "filter", "packed", "out"),
    ...EPILOGUE,
    ...ints("batch", "inHeight", "inWidth", "channels", "outHeight", "outWidth", "outStrideY"),
    ...ints("outStrideX", "strideY", "strideX", "batchInner", "dense", "blockTiles", "rowBlocks"),
    ...PANELS,
    ...ints("firstPanel", "filterRows", "filterColumns", "transposed"),
    phases: "GemmPhase[]",
  },
  Pad: {
    ...pointers("x", "out"),
    ...ints("height", "width", "channels", "top", "left", "outHeight", "outWidth"),
  },
  FilterGrad: {
    ...pointers("x", "dy", "out"),
    ...ints("batch", "inHeight", "inWidth", "channels", "depth", "outHeight", "outWidth"),
    ...ints("outChannels", "outStride", "strideY", "strideX", "slicePixels"),
    ...ints("groups", "groupPanels"),
    taps: "Tap[]",
  },
  SumSlices: {
    ...pointers("slices", "out"),
    ...ints("rows", "columns", "stride", "count", "rowsPerChunk"),
  },
  BiasGrad: {
    ...pointers("dy", "y", "masked", "partials"),
    ...ROW_BLOCKS,
    ...floats("leak"),
  },
  MaxPool: { ...pointers("x", "out"), ...WINDOW },
  MaxPoolGrad: { ...pointers("x", "dy", "dx"), ...WINDOW, ...ints("bands") },
  AvgPoolGrad: { ...pointers("dy", "dx"), ...WINDOW },
  Depthwise: {
    ...pointers("from", "filter", "to"),
    ...EPILOGUE,
    ...WINDOW,
    ...ints("multiplier", "backward"),
  },
  DepthwiseFilterGrad: {
    ...pointers("x", "dy", "slices"),
    ...WINDOW,
    ...ints("multiplier", "rowsPerSlice"),
  },
  Activate: { ...pointers("x", "dy", "out"), ...ints("kind", "count", "perChunk") },
  ChannelScale: {
    ...pointers("x", "factors", "out"),
    ...ints("batch", "pixels", "channels", "pixelsPerChunk"),
    ...floats("factor"),
  },
  ChannelSums: { ...pointers("x", "y", "out"), ...ints("pixels", "channels"), ...floats("factor") },
  Elementwise: {
    ...ints("op", "count", "perChunk", "nesterov", "decoupled"),
    ...pointers("a", "b", "c", "d"),
    ...floats("alpha", "lr", "momentum", "l2", "beta1", "beta2", "eps"),
    ...floats("correction1", "correction2", "rate"),
  },
  SoftmaxCrossEntropy: {
    ...pointers("logits", "labels", "dlogits", "losses"),
    ...ints("rows", "classes", "rowsPerChunk"),
    ...floats("inverseTemperature", "gradientScale"),
  },
  SumLosses: { ...pointers("losses", "out"), ...ints("count"), ...floats("scale") },
  BatchNorm: {
    ...pointers("x", "y", "gamma", "beta", "mean", "variance", "partials", "coefficients"),
    ...BATCH_NORM,
  },
  BatchNormGrad: {
    ...pointers("x", "y", "dy", "dx", "gamma", "beta", "mean", "variance", "dgamma", "dbeta"),
    ...pointers("partials", "coefficients"),
    ...BATCH_NORM,
  },
  MatMul: {
    ...pointers("a", "b", "packed", "out"),
    ...EPILOGUE,
    ...ints("m", "n", "k", "strideA", "strideB", "packedStride", "transposed", "rowsPerBlock"),
    ...ints("blocks"),
  },
  LayerNorm: {
    ...pointers("x", "y", "gamma", "beta", "mean", "inverse"),
    ...ROW_BLOCKS,
    ...floats("eps"),
  },
  LayerNormGrad: {
    ...pointers("x", "dy", "dx", "gamma", "mean", "inverse", "partials"),
    ...ROW_BLOCKS,
  },
  Attention: {
    ...pointers("q", "k", "v", "y", "logSums", "packed"),
    ...ATTENTION,
    ...ints("blocks"),
  },
  AttentionGrad: {
    ...pointers("q", "k", "v", "y", "logSums", "dy", "dq", "dk", "dv", "packed", "partials"),
    ...ATTENTION,
    ...ints("depthPitch", "slices", "sliceRows"),
  },
  Resize: { ...pointers("x", "out"), ...RESIZE, ...ints("mode") },
  ResizeGrad: { ...pointers("dy", "dx"), ...RESIZE, ...ints("mode") },
  RepeatPixels: { ...pointers("x", "out"), ...ints("width", "channels", "factor") },
  CopyRows: {
    ...pointers("x", "out"),
    ...ints("rows", "words", "xStride", "outStride", "rowsPerChunk"),
  },
  NearestGrad: { ...pointers("dy", "dx"), ...RESIZE, ...ints("alignCorners") },
  WinogradTiles: {
    ...pointers("x", "out"),
    ...ints("height", "width", "channels", "tilesHigh", "tilesWide", "firstTile", "tiles"),
    ...ints("tilesPerChunk", "rows", "rowFloats", "tileSize", "scheme", "domain", "gather"),
    ...ints("isSpread"),
    phases: "TilePhase[]",
  },
  WinogradFilter: { ...pointers("filter", "u"), ...FILTER_TRANSFORM },
  WinogradFilterGrad: { ...pointers("du", "dFilter"), ...FILTER_TRANSFORM },
  WinogradRotate: { ...pointers("filter", "out"), ...ints("rows", "columns", "taps") },
  WinogradGemm: {
    ...pointers("v", "u", "m"),
    ...ints("rows", "k", "blockTiles", "rowBlocks"),
    ...PANELS,
  },
  WinogradRank: { ...pointers("v", "d", "du"), ...ints("rows", "k", "fresh"), ...PANELS },
  WinogradOutput: {
    ...pointers("m", "out"),
    ...EPILOGUE,
    ...ints("rows", "rowFloats", "outHeight", "outWidth", "outChannels", "tilesHigh", "tilesWide"),
    ...ints("firstTile", "tiles", "tilesPerChunk", "tileSize", "scheme", "step", "positions"),
    phases: "TilePhase[]",
  },
  Repeat: { ...pointers("x", "out"), ...ints("pieces", "words", "repeats", "piecesPerChunk") },
  SegmentSum: {
    ...pointers("x", "ids", "out"),
    ...ints("rows", "columns", "segments", "columnsPerChunk", "isInteger"),
  },
  OneHot: { ...pointers("labels", "out"), ...ints("count", "classes", "perChunk") },
  LabelConv: { ...pointers("labels", "filter", "out"), ...EPILOGUE, ...WINDOW },
  LabelFilterGrad: { ...pointers("labels", "dy", "dFilter"), ...WINDOW },
  UpsampledConv: {
    ...pointers("small", "products", "rows", "filter", "out"),
    ...EPILOGUE,
    ...ints("smallHeight", "smallWidth"),
    ...WINDOW,
  },
  UpsampledFilterGrad: {
    ...pointers("small", "products", "rows", "dy", "dFilter"),
    ...ints("smallHeight", "smallWidth"),
    ...WINDOW,
  },
} as const satisfies Record<string, Layout>;

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
