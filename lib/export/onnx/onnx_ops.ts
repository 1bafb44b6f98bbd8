/**
 * What the layers of an ONNX graph share: its values, nodes with channels, weights by name.
 *
 * @module
 */
import type { OnnxAttribute, OnnxGraph } from "./onnx_graph.ts";
import type { Weight } from "../weight_layouts.ts";

/** A value of the graph and its channels. */
export interface OnnxValue {
  name: string;
  channels: number;
}

/** A weight's values, by name, in the layout of the networks here. */
export type OnnxWeights = (name: string) => Weight;

/** Attributes of a node by name. */
export type Attributes = Record<string, OnnxAttribute>;

/** Adds nodes to a graph. */
export class OnnxOps {
  constructor(readonly graph: OnnxGraph, readonly weights: OnnxWeights) {}

  /** The result of a new node. */
  add(
    operator: string,
    inputs: readonly (string | OnnxValue)[],
    options: { name: string; channels: number; attributes?: Attributes },
  ): OnnxValue {
    const { name, channels, attributes = {} } = options;
    const names = inputs.map((input) => typeof input === "string" ? input : input.name);
    return { name: this.graph.node(operator, names, { output: name, attributes }), channels };
  }

  /** A weight whose layout is the same there. */
  vector(name: string): string {
    return this.graph.float32(name, this.weights(name));
  }

  /** A constant. */
  scalar(name: string, value: number): string {
    return this.graph.float32(name, { values: Float32Array.of(value), shape: [] });
  }

  /** The ReLU that a layer includes. */
  rectify(
    x: OnnxValue,
    layer: { name: string; relu?: boolean | undefined; leak?: number | undefined },
  ): OnnxValue {
    const { relu = false, leak = 0 } = layer;
    const [name, { channels }] = [`${layer.name}_relu`, x];
    if (!relu) return x;
    if (leak === 0) return this.add("Relu", [x], { name, channels });
    return this.add("LeakyRelu", [x], { name, channels, attributes: { alpha: { f: leak } } });
  }

  /** Some dimensions of a value, as a vector. */
  shapePart(x: OnnxValue, part: { name: string; from: number; to: number }): string {
    const { name, from, to } = part;
    const attributes = { start: { i: from }, end: { i: to } };
    return this.graph.node("Shape", [x.name], { output: name, attributes });
  }
}

/** The same number for height and width. */
export function pair(length: number): OnnxAttribute {
  return { ints: [length, length] };
}
