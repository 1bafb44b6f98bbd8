/**
 * Norms, activations, pooling and sums of stock TensorFlow.js as operators of ONNX.
 *
 * @module
 */
import type { Weight } from "../weight_layouts.ts";
import type { StockLayer, StockRule } from "./stock_layer.ts";
import type { Attributes, OnnxValue } from "./onnx_ops.ts";
import { stockActivation } from "./stock_activations.ts";
import { autoPad, pairOf } from "./stock_convolutions.ts";

/** What works in training only. */
const identity: StockRule = ([x]) => x;

/** Layers by class. */
export const stockLayers: Readonly<Record<string, StockRule>> = {
  InputLayer: identity,
  Dropout: identity,
  SpatialDropout2D: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
  AlphaDropout: identity,
  ActivityRegularization: identity,
  BatchNormalization([x], layer) {
    const { ops, name, config } = layer;
    requireLastAxis(layer);
    const weights = [...layer.weights];
    const channels = weights[0]!.shape[0]!;
    const constant = (value: number): Weight => {
      return { values: new Float32Array(channels).fill(value), shape: [channels] };
    };
    const gamma = config.scale === false ? constant(1) : weights.shift()!;
    const beta = config.center === false ? constant(0) : weights.shift()!;
    const parts = { gamma, beta, moving_mean: weights[0]!, moving_variance: weights[1]! };
    const inputs = Object.entries(parts).map(([part, weight]) =>
      ops.graph.float32(`${name}/${part}`, weight)
    );
    const attributes = { epsilon: { f: config.epsilon as number } };
    return ops.add("BatchNormalization", [x, ...inputs], { name, channels, attributes });
  },
  Activation: ([x], layer) => stockActivation(layer, x, layer.config.activation),
  ReLU([x], layer) {
    const { maxValue } = layer.config;
    if (maxValue === undefined || maxValue === null) return stockActivation(layer, x, "relu");
    const { ops, name } = layer;
    const bounds = [ops.scalar(`${name}_low`, 0), ops.scalar(`${name}_high`, Number(maxValue))];
    return ops.add("Clip", [x, ...bounds], { name, channels: x.channels });
  },
  LeakyReLU: ([x], { ops, name, config }) =>
    ops.add("LeakyRelu", [x], {
      name,
      channels: x.channels,
      attributes: { alpha: { f: (config.alpha as number | undefined) ?? 0.3 } },
    }),
  ELU: ([x], { ops, name, config }) =>
    ops.add("Elu", [x], {
      name,
      channels: x.channels,
      attributes: { alpha: { f: (config.alpha as number | undefined) ?? 1 } },
    }),
  PReLU([x], layer) {
    const { ops, name, weights: [slope] } = layer;
    const { values, shape } = slope!;
    const isShared = shape.slice(0, -1).every((length) => length === 1);
    if (!isShared || shape.length !== 3) layer.refuse("has a slope for every pixel");
    const inputs = [
      x,
      ops.graph.float32(`${name}/alpha`, { values, shape: [values.length, 1, 1] }),
    ];
    return ops.add("PRelu", inputs, { name, channels: x.channels });
  },
  Softmax([x], layer) {
    requireLastAxis(layer);
    return stockActivation(layer, x, "softmax");
  },
  MaxPooling2D: (inputs, layer) => pooled(inputs[0], { layer, operator: "MaxPool" }),
  AveragePooling2D: (inputs, layer) => pooled(inputs[0], { layer, operator: "AveragePool" }),
  GlobalAveragePooling2D: ([x], layer) => globalPool(x, { layer, operator: "GlobalAveragePool" }),
  GlobalMaxPooling2D: ([x], layer) => globalPool(x, { layer, operator: "GlobalMaxPool" }),
  Add: (terms, layer) => folded(terms, { layer, operator: "Add" }),
  Multiply: (terms, layer) => folded(terms, { layer, operator: "Mul" }),
  Maximum: (terms, layer) => folded(terms, { layer, operator: "Max" }),
  Minimum: (terms, layer) => folded(terms, { layer, operator: "Min" }),
  Average(terms, layer) {
    const sum = folded(terms, { layer, operator: "Add" });
    const { ops, name } = layer;
    const share = ops.scalar(`${name}_share`, 1 / terms.length);
    return ops.add("Mul", [sum, share], { name: `${name}_mean`, channels: sum.channels });
  },
  Rescaling([x], { ops, name, config }) {
    const { scale, offset = 0 } = config as { scale: number; offset?: number };
    const { channels } = x;
    const product = ops.add("Mul", [x, ops.scalar(`${name}_scale`, scale)], {
      name: `${name}_scaled`,
      channels,
    });
    return ops.add("Add", [product, ops.scalar(`${name}_offset`, offset)], { name, channels });
  },
};

/** Refuses a layer that works on another axis than the channels. */
function requireLastAxis({ config, shapes: [shape], refuse }: StockLayer): void {
  const axis = [config.axis ?? -1].flat()[0] as number;
  if (axis !== -1 && axis !== shape!.length - 1) refuse(`works on axis ${axis}`);
}

function pooled(
  x: OnnxValue,
  { layer, operator }: { layer: StockLayer; operator: string },
): OnnxValue {
  const { poolSize, strides } = layer.config;
  const attributes: Attributes = {
    kernel_shape: { ints: pairOf(poolSize) },
    strides: { ints: pairOf(strides ?? poolSize) },
    ...autoPad(layer),
  };
  return layer.ops.add(operator, [x], { name: layer.name, channels: x.channels, attributes });
}

/** One pixel, or a row of channels. */
function globalPool(
  x: OnnxValue,
  { layer: { ops, name, shape }, operator }: { layer: StockLayer; operator: string },
): OnnxValue {
  const { channels } = x;
  const y = ops.add(operator, [x], { name: `${name}_pixel`, channels });
  return shape.length === 4 ? y : ops.add("Flatten", [y], { name, channels });
}

/** Several terms, two at a time; those of one pixel or one channel are broadcast. */
function folded(
  terms: readonly [OnnxValue, ...OnnxValue[]],
  { layer, operator }: { layer: StockLayer; operator: string },
): OnnxValue {
  const ranks = new Set(layer.shapes.map(({ length }) => length));
  if (ranks.size > 1) layer.refuse("takes values of different ranks");
  const channels = Math.max(...terms.map((term) => term.channels));
  const [first, ...others] = terms;
  return others.reduce(
    (sum, term) => layer.ops.add(operator, [sum, term], { name: layer.name, channels }),
    first,
  );
}
