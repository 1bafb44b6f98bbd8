/**
 * A user's own Layers model as an ONNX graph: every layer of stock TensorFlow.js that segmentation
 * networks are made of.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Weight } from "../weight_layouts.ts";
import type { OnnxOps, OnnxValue } from "./onnx_ops.ts";
import { stockConvolutions } from "./stock_convolutions.ts";
import type { StockRule } from "./stock_layer.ts";
import { stockLayers } from "./stock_layers.ts";
import { stockResizing } from "./stock_resizing.ts";

const RULES: Readonly<Record<string, StockRule>> = {
  ...stockConvolutions,
  ...stockLayers,
  ...stockResizing,
};

/** What a conversion shares. */
interface Conversion {
  ops: OnnxOps;
  weightsOf(layer: tf.layers.Layer): readonly Weight[];
  /** Name of the network, for messages. */
  name: string;
}

/**
 * Adds the layers between a model's input and output to a graph.
 *
 * @throws {TypeError} Naming the first layer that has no counterpart here.
 */
export function convertLayersModel(
  model: tf.LayersModel,
  input: OnnxValue,
  conversion: Conversion,
): OnnxValue {
  const values = new Map<number, OnnxValue>([[model.inputs[0]!.id, input]]);
  const valueOf = (tensor: tf.SymbolicTensor): OnnxValue => {
    const known = values.get(tensor.id);
    if (known !== undefined) return known;
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex]!;
    const inputs = node.inputTensors.map(valueOf);
    const result = convertLayer(layer, { inputs, node, conversion });
    values.set(tensor.id, result);
    return result;
  };
  return valueOf(model.outputs[0]!);
}

type LayerNode = tf.layers.Layer["inboundNodes"][number];

function convertLayer(
  layer: tf.layers.Layer,
  { inputs, node, conversion }: {
    inputs: readonly OnnxValue[];
    node: LayerNode;
    conversion: Conversion;
  },
): OnnxValue {
  const { name } = layer;
  const kind = layer.getClassName();
  const refuse = (reason: string): never => {
    throw new TypeError(
      `Cannot export "${conversion.name}" to ONNX: its layer "${name}" (${kind}) ${reason}`,
    );
  };
  const [first] = inputs;
  if (first === undefined) return refuse("has no input");
  if (isModel(layer)) {
    if (layer.inputs.length > 1 || layer.outputs.length > 1) {
      return refuse("is a model of several inputs or outputs");
    }
    return convertLayersModel(layer, first, conversion);
  }
  if (!Object.hasOwn(RULES, kind)) return refuse("has no counterpart here");
  const config = layer.getConfig();
  if (config.dataFormat === "channelsFirst") return refuse("takes channels first");
  return RULES[kind]!([first, ...inputs.slice(1)], {
    ops: conversion.ops,
    name,
    config,
    weights: conversion.weightsOf(layer),
    shapes: node.inputShapes as (number | null)[][],
    shape: [node.outputShapes].flat(1) as unknown as (number | null)[],
    refuse,
  });
}

/** Whether a layer is a model of its own. */
function isModel(layer: tf.layers.Layer): layer is tf.LayersModel {
  return "inputs" in layer && "layers" in layer && Array.isArray(layer.layers);
}
