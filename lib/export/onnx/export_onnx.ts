/**
 * Networks as ONNX models, which ONNX Runtime, OpenCV, TensorRT and others run.
 *
 * @module
 */
import { inputChannelsOf, type SegmentationModel } from "../../models/segmentation_model.ts";
import { networks } from "../../models/networks/registry.ts";
import type { LayerBuilder } from "../../models/builders/layer_builder.ts";
import type { InputSize } from "../../models/persistence/packed_model.ts";
import { sizeFromShape } from "../../weights/formats/float32_values.ts";
import type { WeightStorage } from "../../weights/formats/reduced_weights.ts";
import type { ModelMetadata } from "../../weights/weight_file.ts";
import { onnxBuilder } from "./onnx_builder.ts";
import { convertLayersModel } from "./layers_model.ts";
import { OnnxOps, type OnnxValue } from "./onnx_ops.ts";
import { OnnxGraph } from "./onnx_graph.ts";
import { onnxMetadata } from "./onnx_metadata.ts";
import { foldBatchNorms, prune } from "./onnx_passes.ts";
import { assertFits, type OnnxModelInfo, serializeOnnx } from "./serialize_onnx.ts";
import { storeKernels } from "./store_onnx_weights.ts";
import { weightsByVariable } from "../weight_values.ts";

/** Options of {@linkcode exportOnnx}. */
export interface OnnxOptions extends ModelMetadata {
  /**
   * Whether the graph takes pictures, RGB from 0 to 255 of any size, and gives scores at their size;
   * without it the graph is the network alone. @default false
   */
  preprocess?: boolean;
  /** Whether the graph ends with the class of every pixel; needs `preprocess`. @default false */
  argmax?: boolean;
  /** Order of the input's and the scores' dimensions. @default "nchw" */
  layout?: "nchw" | "nhwc";
  /** Height and width of the input; others are refused by the runtime. @default any */
  size?: InputSize;
  /** Whether batch norms become part of the convolutions before them. @default false */
  foldBatchNorm?: boolean;
  /** How kernels are stored; the graph computes in float32 in any case. @default "float32" */
  storage?: WeightStorage;
  /** When the model was exported. @default now */
  date?: Date;
}

/**
 * Writes a network of the registry as an ONNX model (operator set 17, IR version 8).
 *
 * Without options: input `input` float32 `[b, 3, h, w]`, normalised, height and width multiples of the
 * network's `inputMultiple`; output `logits` `[b, classes, h/stride, w/stride]`, those of
 * `model.layers`. With `preprocess`: input `image` float32 `[b, 3, h, w]`, RGB from 0 to 255, of any
 * size; output `logits` `[b, classes, h, w]` (of a network that upsamples probabilities their
 * logarithms, whose softmax they are). With `argmax` too: output `classes` int64 `[b, h, w]`.
 *
 * @returns The bytes of an `.onnx` file.
 * @throws {NonFiniteNetworkError} If a weight is NaN or infinite.
 * @throws {TypeError} If a layer of a network that is none of the registry has no counterpart in ONNX,
 * the classes are not as many as the network's, or `argmax` is given without `preprocess`.
 * @throws {RangeError} If the weights are more than an ONNX file holds, 2 GiB.
 *
 * @example
 * ```ts
 * import { buildModel, type ClassInfo, defaultConfig, useBackend } from "@segadv/segadv";
 * import { exportOnnx } from "@segadv/segadv/export";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "unet", width: 1 / 16 }, { classes: 2, seed: 1 });
 * const classes: ClassInfo[] = [
 *   { name: "ground", color: [0, 0, 0] },
 *   { name: "road", color: [128, 64, 128] },
 * ];
 * const { normalize } = defaultConfig().data;
 * const bytes = await exportOnnx(model, { classes, normalize, preprocess: true, argmax: true });
 * assert.ok(bytes.length > 20_000);
 * ```
 */
export async function exportOnnx(
  model: SegmentationModel,
  options: OnnxOptions,
): Promise<Uint8Array> {
  if (options.argmax && !options.preprocess) {
    throw new TypeError("Cannot export classes of normalised input: give preprocess with argmax");
  }
  const { foldBatchNorm = false, storage = "float32" } = options;
  assertClasses(model, options);
  const values = model.layers.weights.reduce(
    (sum, w) => sum + sizeFromShape(w.shape as number[]),
    0,
  );
  assertFits(values * BYTES[storage], model.name);
  const weights = await weightsByVariable(model);
  const named = new Map([...weights].map(([{ originalName }, weight]) => [originalName, weight]));
  const graph = new OnnxGraph();
  const ops = new OnnxOps(graph, (name) => named.get(name)!);
  const builder = onnxBuilder(ops);
  const { architecture, name, layers } = model;
  const network = (x: OnnxValue): OnnxValue =>
    architecture
      ? networks.get(architecture.name).build({ ...builder, input: () => x }, architecture)
      : convertLayersModel(layers, x, {
        ops,
        name,
        weightsOf: (layer) => layer.weights.map((weight) => weights.get(weight)!),
      });
  const parts = {
    builder,
    network,
    model,
    options: { ...options, size: inputSize(model, options) },
  };
  const io = options.preprocess ? pictureGraph(graph, parts) : networkGraph(graph, parts);
  prune(graph, io.outputs.map(({ name }) => name));
  if (foldBatchNorm) foldBatchNorms(graph);
  storeKernels(graph, storage);
  prune(graph, io.outputs.map(({ name }) => name));
  return serializeOnnx(graph, { ...io, metadata: onnxMetadata(model, parts.options) });
}

/** Bytes of a stored value. */
const BYTES: Record<WeightStorage, number> = { float32: 4, float16: 2, int8: 1 };

/** Refuses a list of classes that is not the network's. */
function assertClasses({ name, classes: outputs }: SegmentationModel, { classes }: OnnxOptions) {
  if (classes.length === outputs) return;
  throw new TypeError(
    `Cannot export "${name}" to ONNX: it gives scores of ${outputs} classes, and ${classes.length} ` +
      "are named",
  );
}

/** Height and width of the input: a model's own where it takes one size only. */
function inputSize({ name, layers }: SegmentationModel, { size }: OnnxOptions): InputSize | null {
  const [, height, width] = layers.inputs[0]!.shape;
  if (height == null || width == null) return size ?? null;
  if (size && (size.height !== height || size.width !== width)) {
    throw new TypeError(
      `Cannot export "${name}" for ${size.height}x${size.width}: it takes ${height}x${width} only`,
    );
  }
  return { height, width };
}

interface GraphParts {
  builder: LayerBuilder<OnnxValue>;
  /** Adds the network. */
  network(x: OnnxValue): OnnxValue;
  model: SegmentationModel;
  options: Omit<OnnxOptions, "size"> & { size: InputSize | null };
}

type Ends = Pick<OnnxModelInfo, "inputs" | "outputs">;

/** The network alone. */
function networkGraph(graph: OnnxGraph, { network, model, options }: GraphParts): Ends {
  const { size, layout = "nchw" } = options;
  const x = toNchw(graph, { name: "input", channels: inputChannelsOf(model) }, layout);
  const logits = network(x);
  fromNchw(graph, logits, { output: "logits", layout });
  const [h, w] = size ? [size.height, size.width] : ["height", "width"];
  const stride = model.logitStride;
  const out = size
    ? [size.height / stride, size.width / stride] as const
    : stride === 1
    ? ["height", "width"] as const
    : [`height/${stride}`, `width/${stride}`] as const;
  return {
    inputs: [{
      name: "input",
      type: "float32",
      shape: ordered(layout, [inputChannelsOf(model), h!, w!]),
    }],
    outputs: [{ name: "logits", type: "float32", shape: ordered(layout, [model.classes, ...out]) }],
  };
}

/** The network between pictures and scores or classes at their size. */
function pictureGraph(graph: OnnxGraph, { builder, network, model, options }: GraphParts): Ends {
  const { size, layout = "nchw", argmax = false } = options;
  const image = toNchw(graph, { name: "image", channels: inputChannelsOf(model) }, layout);
  const shape = graph.node("Shape", [image.name], {
    output: "image_size",
    attributes: { start: { i: 2 }, end: { i: 4 } },
  });
  const pixels = normalized(graph, image, options);
  const x = padded(graph, pixels, { shape, multiple: model.inputMultiple });
  const logits = network(x);
  const isProbabilities = model.upsampleOrder === "probabilities";
  let scores = isProbabilities ? builder.softmax(logits, { name: "probabilities" }) : logits;
  if (model.logitStride > 1) {
    scores = builder.upsample(scores, { name: "upsampled", factor: model.logitStride });
  }
  const axes = graph.int64("size_axes", [2, 3]);
  const from = graph.int64("size_start", [0, 0]);
  const cut = graph.node("Slice", [scores.name, from, shape, axes], { output: "scores" });
  const [h, w] = size ? [size.height, size.width] : ["height", "width"];
  const inputs: Ends["inputs"] = [
    { name: "image", type: "float32", shape: ordered(layout, [inputChannelsOf(model), h!, w!]) },
  ];
  if (argmax) {
    const attributes = { axis: { i: 1 }, keepdims: { i: 0 } };
    graph.node("ArgMax", [cut], { output: "classes", attributes });
    return { inputs, outputs: [{ name: "classes", type: "int64", shape: ["batch", h!, w!] }] };
  }
  const given = isProbabilities ? graph.node("Log", [cut], { output: "log_scores" }) : cut;
  fromNchw(graph, { name: given, channels: model.classes }, { output: "logits", layout });
  const shapeOut = ordered(layout, [model.classes, h!, w!]);
  return { inputs, outputs: [{ name: "logits", type: "float32", shape: shapeOut }] };
}

/** Pixels from 0 to 255 as the network takes them. */
function normalized(
  graph: OnnxGraph,
  image: OnnxValue,
  { normalize }: Pick<OnnxOptions, "normalize">,
): OnnxValue {
  const { order, mean, std } = normalize;
  let { name } = image;
  if (order === "bgr") {
    const index = graph.int64("bgr", [2, 1, 0]);
    name = graph.node("Gather", [name, index], {
      output: "reversed",
      attributes: { axis: { i: 1 } },
    });
  }
  const channel = (label: string, values: readonly number[]): string =>
    graph.float32(label, { values: Float32Array.from(values), shape: [1, values.length, 1, 1] });
  const centred = graph.node("Sub", [name, channel("mean", mean)], { output: "centred" });
  const factors = channel("factor", std.map((value) => 1 / value));
  return {
    name: graph.node("Mul", [centred, factors], { output: "normalized" }),
    channels: image.channels,
  };
}

/** Zeros at the bottom and the right, up to a multiple of the network's. */
function padded(
  graph: OnnxGraph,
  x: OnnxValue,
  { shape, multiple }: { shape: string; multiple: number },
): OnnxValue {
  if (multiple === 1) return x;
  const whole = graph.int64("multiple", [multiple, multiple]);
  const rest = graph.int64("multiple_rest", [multiple - 1, multiple - 1]);
  const above = graph.node("Add", [shape, rest], { output: "size_above" });
  const count = graph.node("Div", [above, whole], { output: "size_count" });
  const target = graph.node("Mul", [count, whole], { output: "size_padded" });
  const missing = graph.node("Sub", [target, shape], { output: "size_missing" });
  const none = graph.int64("pads_none", [0, 0, 0, 0, 0, 0]);
  const pads = graph.node("Concat", [none, missing], {
    output: "pads",
    attributes: { axis: { i: 0 } },
  });
  return { ...x, name: graph.node("Pad", [x.name, pads], { output: "padded" }) };
}

function toNchw(graph: OnnxGraph, x: OnnxValue, layout: "nchw" | "nhwc"): OnnxValue {
  if (layout === "nchw") return x;
  const attributes = { perm: { ints: [0, 3, 1, 2] } };
  return {
    ...x,
    name: graph.node("Transpose", [x.name], { output: `${x.name}_nchw`, attributes }),
  };
}

function fromNchw(
  graph: OnnxGraph,
  x: OnnxValue,
  { output, layout }: { output: string; layout: "nchw" | "nhwc" },
): void {
  if (layout === "nchw") graph.node("Identity", [x.name], { output });
  else graph.node("Transpose", [x.name], { output, attributes: { perm: { ints: [0, 2, 3, 1] } } });
}

/** Dimensions of a batch, given channels, height and width. */
function ordered(
  layout: "nchw" | "nhwc",
  [channels, height, width]: readonly [number, number | string, number | string],
): (number | string)[] {
  return layout === "nchw"
    ? ["batch", channels, height, width]
    : ["batch", height, width, channels];
}
