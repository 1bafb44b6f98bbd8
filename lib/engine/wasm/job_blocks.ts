/**
 * The layout of the parameter blocks of the kernels' jobs: one table for both languages (jobs.ts).
 *
 * @module
 */
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

/** Shape of a convolution or pooling, see `windowWords`. */
export const WINDOW = {
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
