/**
 * Convolutions and dense layers of stock TensorFlow.js as operators of ONNX.
 *
 * @module
 */
import { toDepthwise, toIohw, toOihw, type Weight } from "../weight_layouts.ts";
import type { StockLayer, StockRule } from "./stock_layer.ts";
import type { Attributes, OnnxValue } from "./onnx_ops.ts";
import { stockActivation } from "./stock_activations.ts";

/** Convolutions by class of layer. */
export const stockConvolutions: Readonly<Record<string, StockRule>> = {
  Conv2D([x], layer) {
    const [kernel, bias] = layer.weights as [Weight, Weight?];
    const [, , inputs, filters] = kernel.shape as [number, number, number, number];
    const y = conv(layer, x, { name: layer.name, kernel: toOihw(kernel), bias });
    // A kernel of fewer input channels works on groups
    if (inputs !== x.channels) layer.refuse("works on groups of channels");
    return activated(layer, { ...y, channels: filters });
  },
  DepthwiseConv2D([x], layer) {
    const [kernel, bias] = layer.weights as [Weight, Weight?];
    const { values, channels } = toDepthwise(kernel);
    const y = conv(layer, x, { name: layer.name, kernel: values, bias, groups: x.channels });
    return activated(layer, { ...y, channels });
  },
  SeparableConv2D([x], layer) {
    const [depthwise, pointwise, bias] = layer.weights as [Weight, Weight, Weight?];
    const { values, channels } = toDepthwise(depthwise);
    const inner = conv(layer, x, {
      name: `${layer.name}_depthwise`,
      kernel: values,
      groups: x.channels,
    });
    const kernel = toOihw(pointwise);
    const filter = layer.ops.graph.float32(`${layer.name}/pointwise_kernel`, kernel);
    const inputs = [{ ...inner, channels }, filter, ...biasOf(layer, bias)];
    const filters = kernel.shape[0]!;
    return activated(layer, layer.ops.add("Conv", inputs, { name: layer.name, channels: filters }));
  },
  Conv2DTranspose([x], layer) {
    const [kernel, bias] = layer.weights as [Weight, Weight?];
    const sides = kernel.shape.slice(0, 2);
    const strides = pairOf(layer.config.strides);
    // `same`: the output is the input times the stride; `valid`: nothing is cut
    const cut = sides.map((side, i) =>
      layer.config.padding === "same" ? Math.max(side - strides[i]!, 0) : 0
    );
    const begin = cut.map((length) => Math.floor(length / 2));
    const end = cut.map((length, i) => length - begin[i]!);
    const attributes: Attributes = {
      kernel_shape: { ints: sides },
      strides: { ints: strides },
      pads: { ints: [...begin, ...end] },
      output_padding: { ints: sides.map((side, i) => Math.max(strides[i]! - side, 0)) },
    };
    const filter = layer.ops.graph.float32(`${layer.name}/kernel`, toIohw(kernel));
    const inputs = [x, filter, ...biasOf(layer, bias)];
    const channels = kernel.shape[2]!;
    return activated(
      layer,
      layer.ops.add("ConvTranspose", inputs, { name: layer.name, channels, attributes }),
    );
  },
  Dense([x], layer) {
    const [{ values, shape: [inputs, units] }, bias] = layer.weights as [Weight, Weight?];
    const { ops, name, shapes: [shape] } = layer;
    if (shape!.length === 4) {
      const kernel = toOihw({ values, shape: [1, 1, inputs!, units!] });
      const filter = ops.graph.float32(`${name}/kernel`, kernel);
      const parts = [x, filter, ...biasOf(layer, bias)];
      return activated(layer, ops.add("Conv", parts, { name, channels: units! }));
    }
    if (shape!.length !== 2) return layer.refuse(`takes a value of ${shape!.length} dimensions`);
    const matrix = ops.graph.float32(`${name}/kernel`, { values, shape: [inputs!, units!] });
    const parts = [x, matrix, ...biasOf(layer, bias)];
    return activated(layer, ops.add("Gemm", parts, { name, channels: units! }));
  },
};

/** Height and width of an option that may be one number. */
export function pairOf(value: unknown): [number, number] {
  if (typeof value === "number") return [value, value];
  const [height, width] = value as [number, number?];
  return [height, width ?? height];
}

/** Where `same` and `valid` put zeros: ONNX Runtime dilates only with numbers given. */
function convPads(
  layer: StockLayer,
  { sides, strides, dilations }: Record<"sides" | "strides" | "dilations", readonly number[]>,
): Attributes {
  if (layer.config.padding !== "same" || strides.some((stride) => stride > 1)) {
    return autoPad(layer);
  }
  const total = sides.map((side, i) => dilations[i]! * (side - 1));
  const begin = total.map((length) => Math.floor(length / 2));
  return { pads: { ints: [...begin, ...total.map((length, i) => length - begin[i]!)] } };
}

/** Where `same` and `valid` put zeros, by the size of the input. */
export function autoPad({ config: { padding } }: StockLayer): Attributes {
  return { auto_pad: { s: padding === "same" ? "SAME_UPPER" : "VALID" } };
}

function conv(
  layer: StockLayer,
  x: OnnxValue,
  part: { name: string; kernel: Weight; bias?: Weight | undefined; groups?: number },
): OnnxValue {
  const { name, kernel, bias, groups = 1 } = part;
  const { strides = 1, dilationRate } = layer.config;
  const filter = layer.ops.graph.float32(`${name}/kernel`, kernel);
  const window = {
    sides: kernel.shape.slice(2),
    strides: pairOf(strides),
    dilations: pairOf(dilationRate ?? 1),
  };
  const attributes: Attributes = {
    kernel_shape: { ints: window.sides },
    strides: { ints: window.strides },
    dilations: { ints: window.dilations },
    group: { i: groups },
    ...convPads(layer, window),
  };
  const inputs = [x, filter, ...biasOf(layer, bias)];
  return layer.ops.add("Conv", inputs, { name, channels: kernel.shape[0]!, attributes });
}

function biasOf({ ops, name }: StockLayer, bias: Weight | undefined): string[] {
  return bias === undefined ? [] : [ops.graph.float32(`${name}/bias`, bias)];
}

function activated(layer: StockLayer, x: OnnxValue): OnnxValue {
  return stockActivation(layer, x, layer.config.activation);
}
