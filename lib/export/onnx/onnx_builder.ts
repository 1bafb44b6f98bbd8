/**
 * The builder of ONNX graphs: the layers of a network as operators of ONNX, `[b, c, h, w]`.
 *
 * @module
 */
import type { Activation, LayerBuilder } from "../../models/builders/layer_builder.ts";
import type { OnnxAttribute, OnnxGraph } from "./onnx_graph.ts";
import { toDepthwise, toIohw, toOihw, type Weight } from "./weight_layouts.ts";

/** A value of the graph and its channels. */
export interface OnnxValue {
  name: string;
  channels: number;
}

/** A weight's values, by name, in the layout of the networks here. */
export type OnnxWeights = (name: string) => Weight;

type Attributes = Record<string, OnnxAttribute>;

/** A builder that adds a network's layers to `graph`. */
export function onnxBuilder(graph: OnnxGraph, weights: OnnxWeights): LayerBuilder<OnnxValue> {
  const add = (
    operator: string,
    inputs: readonly (string | OnnxValue)[],
    options: { name: string; channels: number; attributes?: Attributes },
  ): OnnxValue => {
    const { name, channels, attributes = {} } = options;
    const names = inputs.map((input) => typeof input === "string" ? input : input.name);
    return { name: graph.node(operator, names, { output: name, attributes }), channels };
  };
  const vector = (name: string): string => graph.float32(name, weights(name));
  const scalar = (name: string, value: number): string =>
    graph.float32(name, { values: Float32Array.of(value), shape: [] });
  const rectify = (
    x: OnnxValue,
    { name, relu, leak = 0 }: {
      name: string;
      relu?: boolean | undefined;
      leak?: number | undefined;
    },
  ): OnnxValue => {
    const { channels } = x;
    if (!relu) return x;
    if (leak === 0) return add("Relu", [x], { name: `${name}_relu`, channels });
    const attributes = { alpha: { f: leak } };
    return add("LeakyRelu", [x], { name: `${name}_relu`, channels, attributes });
  };
  const resize = (
    x: OnnxValue,
    options: { name: string; factor: number; attributes: Attributes },
  ): OnnxValue => {
    const { name, factor, attributes } = options;
    const scales = graph.float32(`${name}_scales`, {
      values: Float32Array.of(1, 1, factor, factor),
      shape: [4],
    });
    return add("Resize", [x, "", scales], { name, channels: x.channels, attributes });
  };
  const linear = (transformation: "half_pixel" | "align_corners"): Attributes => ({
    mode: { s: "linear" },
    coordinate_transformation_mode: { s: transformation },
  });
  const shapePart = (
    x: OnnxValue,
    { name, from, to }: { name: string; from: number; to: number },
  ): string =>
    graph.node("Shape", [x.name], {
      output: name,
      attributes: { start: { i: from }, end: { i: to } },
    });

  return {
    input: (channels) => ({ name: "input", channels }),
    conv(x, options) {
      const { name, filters, kernel, stride = 1, padding = "same", dilation = 1, bias = true } =
        options;
      const filter = graph.float32(`${name}/kernel`, toOihw(weights(`${name}/kernel`)));
      const inputs = [x, filter, ...(bias ? [vector(`${name}/bias`)] : [])];
      const attributes = {
        kernel_shape: pair(kernel),
        strides: pair(stride),
        dilations: pair(dilation),
        ...convPadding({ kernel, stride, padding, dilation }),
      };
      return rectify(add("Conv", inputs, { name, channels: filters, attributes }), options);
    },
    convTranspose(x, { name, filters, kernel, stride, bias = false }) {
      const filter = graph.float32(`${name}/kernel`, toIohw(weights(`${name}/kernel`)));
      const inputs = [x, filter, ...(bias ? [vector(`${name}/bias`)] : [])];
      const cut = kernel - stride;
      const first = Math.floor(cut / 2);
      const attributes = {
        kernel_shape: pair(kernel),
        strides: pair(stride),
        pads: { ints: [first, first, cut - first, cut - first] },
      };
      return add("ConvTranspose", inputs, { name, channels: filters, attributes });
    },
    batchNorm(x, options) {
      const { name, eps } = options;
      const inputs = [x, ...BATCH_NORM.map((part) => vector(`${name}/${part}`))];
      const attributes = { epsilon: { f: eps } };
      const y = add("BatchNormalization", inputs, { name, channels: x.channels, attributes });
      return rectify(y, options);
    },
    layerNorm(x, { name, eps }) {
      const { channels } = x;
      const last = add("Transpose", [x], {
        name: `${name}_channels_last`,
        channels,
        attributes: { perm: { ints: [0, 2, 3, 1] } },
      });
      const y = add("LayerNormalization", [
        last,
        ...["gamma", "beta"].map((part) => vector(`${name}/${part}`)),
      ], {
        name: `${name}_normalized`,
        channels,
        attributes: { axis: { i: -1 }, epsilon: { f: eps } },
      });
      const attributes = { perm: { ints: [0, 3, 1, 2] } };
      return add("Transpose", [y], { name, channels, attributes });
    },
    attention({ q, k, v }, { name, heads }) {
      const { channels } = q;
      const shape = graph.int64(`${name}_heads`, [0, heads, channels / heads, -1]);
      const rows = (x: OnnxValue, part: string): OnnxValue =>
        add("Reshape", [x, shape], { name: `${name}_${part}`, channels });
      const swap = { perm: { ints: [0, 1, 3, 2] } };
      const queries = add("Transpose", [rows(q, "q")], {
        name: `${name}_queries`,
        channels,
        attributes: swap,
      });
      const scores = add("MatMul", [queries, rows(k, "k")], { name: `${name}_scores`, channels });
      const factor = scalar(`${name}_factor`, 1 / Math.sqrt(channels / heads));
      const scaled = add("Mul", [scores, factor], { name: `${name}_scaled`, channels });
      const attributes = { axis: { i: -1 } };
      const shares = add("Softmax", [scaled], { name: `${name}_shares`, channels, attributes });
      const turned = add("Transpose", [shares], {
        name: `${name}_turned`,
        channels,
        attributes: swap,
      });
      const mixed = add("MatMul", [rows(v, "v"), turned], { name: `${name}_mixed`, channels });
      const size = graph.node("Shape", [q.name], { output: `${name}_size` });
      return add("Reshape", [mixed, size], { name, channels });
    },
    maxPool(x, { name, size, stride, padding }) {
      const attributes = {
        kernel_shape: pair(size),
        strides: pair(stride),
        auto_pad: { s: padding === "same" ? "SAME_UPPER" : "VALID" },
      };
      return add("MaxPool", [x], { name, channels: x.channels, attributes });
    },
    zeroPad(x, { name, pad }) {
      const pads = graph.int64(`${name}_pads`, [0, 0, pad, pad, 0, 0, pad, pad]);
      return add("Pad", [x, pads], { name, channels: x.channels });
    },
    crop(x, { name, start, end }) {
      const inputs = [
        x,
        graph.int64(`${name}_starts`, [start, start]),
        graph.int64(`${name}_ends`, [end, end].map((cut) => cut === 0 ? TO_THE_END : -cut)),
        graph.int64(`${name}_axes`, [2, 3]),
      ];
      return add("Slice", inputs, { name, channels: x.channels });
    },
    concat(parts, { name }) {
      const channels = parts.reduce((sum, part) => sum + part.channels, 0);
      return add("Concat", parts, { name, channels, attributes: { axis: { i: 1 } } });
    },
    upsample: (x, { name, factor }) =>
      resize(x, { name, factor, attributes: linear("half_pixel") }),
    upsampleAligned: (x, { name, factor }) =>
      resize(x, { name, factor, attributes: linear("align_corners") }),
    resizeNearest: (x, { name, factor }) =>
      resize(x, {
        name,
        factor,
        attributes: {
          mode: { s: "nearest" },
          coordinate_transformation_mode: { s: "asymmetric" },
          nearest_mode: { s: "floor" },
        },
      }),
    resizeTo(x, { name, like, alignCorners = false }) {
      const sizes = graph.node("Concat", [
        shapePart(x, { name: `${name}_kept`, from: 0, to: 2 }),
        shapePart(like, { name: `${name}_like`, from: 2, to: 4 }),
      ], { output: `${name}_sizes`, attributes: { axis: { i: 0 } } });
      const attributes = linear(alignCorners ? "align_corners" : "half_pixel");
      return add("Resize", [x, "", "", sizes], { name, channels: x.channels, attributes });
    },
    activation: (x, { name, activation }) => activate(x, { name, activation }),
    add: (terms, { name }) => add("Add", terms, { name, channels: terms[0].channels }),
    multiply: (factors, { name }) => add("Mul", factors, { name, channels: factors[0].channels }),
    scale: (x, { name, factor }) =>
      add("Mul", [x, scalar(`${name}_factor`, factor)], { name, channels: x.channels }),
    dropout: (x) => x,
    globalAveragePool: (x, { name }) =>
      add("GlobalAveragePool", [x], { name, channels: x.channels }),
    depthwiseConv(x, options) {
      const { name, kernel, stride = 1, padding = "same", dilation = 1, bias = true } = options;
      const { values, channels } = toDepthwise(weights(`${name}/depthwise_kernel`));
      const filter = graph.float32(`${name}/depthwise_kernel`, values);
      const inputs = [x, filter, ...(bias ? [vector(`${name}/bias`)] : [])];
      const attributes = {
        group: { i: x.channels },
        kernel_shape: pair(kernel),
        strides: pair(stride),
        dilations: pair(dilation),
        ...convPadding({ kernel, stride, padding, dilation }),
      };
      return rectify(add("Conv", inputs, { name, channels, attributes }), options);
    },
    softmax: (x, { name }) =>
      add("Softmax", [x], { name, channels: x.channels, attributes: { axis: { i: 1 } } }),
  };

  function activate(
    x: OnnxValue,
    { name, activation }: { name: string; activation: Activation },
  ): OnnxValue {
    const { channels } = x;
    switch (activation) {
      case "relu":
        return add("Relu", [x], { name, channels });
      case "relu6": {
        const bounds = [scalar(`${name}_low`, 0), scalar(`${name}_high`, 6)];
        return add("Clip", [x, ...bounds], { name, channels });
      }
      case "sigmoid":
        return add("Sigmoid", [x], { name, channels });
      case "hardSigmoid": {
        const attributes = { alpha: { f: 1 / 6 }, beta: { f: 0.5 } };
        return add("HardSigmoid", [x], { name, channels, attributes });
      }
      case "hardSwish":
        return add("HardSwish", [x], { name, channels });
      case "swish": {
        const gate = add("Sigmoid", [x], { name: `${name}_gate`, channels });
        return add("Mul", [x, gate], { name, channels });
      }
    }
  }
}

/** Order in which ONNX takes the weights of a batch norm. */
const BATCH_NORM = ["gamma", "beta", "moving_mean", "moving_variance"] as const;
/** An end of a slice beyond every length. */
const TO_THE_END = 2 ** 53 - 1;

function pair(length: number): OnnxAttribute {
  return { ints: [length, length] };
}

function convPadding(
  { kernel, stride, padding, dilation }: {
    kernel: number;
    stride: number;
    padding: "same" | "valid" | number;
    dilation: number;
  },
): Attributes {
  if (padding === "valid") return { auto_pad: { s: "VALID" } };
  const around = dilation * (kernel - 1) / 2;
  // What `same` adds depends on the size of the input, but for odd kernels of stride 1
  if (padding === "same" && (stride > 1 || !Number.isInteger(around))) {
    return { auto_pad: { s: "SAME_UPPER" } };
  }
  const pad = padding === "same" ? around : padding;
  return { pads: { ints: [pad, pad, pad, pad] } };
}
