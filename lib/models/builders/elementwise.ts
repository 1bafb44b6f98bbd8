/**
 * Layers that work value by value or channel by channel: activations, sums, products, dropout.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { activation, type ActivationName } from "../../engine/ops/activations.ts";
import { scaleChannels } from "../../engine/ops/channel_maps.ts";
import type { LayerOptions } from "./layer_options.ts";
import { dropout } from "./layers.ts";
import { operation } from "./operation.ts";
import type { Shape, ShapeTable } from "./shape_table.ts";

type Symbolic = tf.SymbolicTensor;

/** Options of an activation. */
export interface ActivationOptions extends LayerOptions {
  activation: ActivationName;
}

/** Layers that keep height and width, over `[b, h, w, c]`. */
export interface ElementwiseLayers<T> {
  activation(x: T, options: ActivationOptions): T;
  add(terms: [T, T], options: LayerOptions): T;
  /** Multiplies two values; a side of length 1 of the second is broadcast. */
  multiply(factors: [T, T], options: LayerOptions): T;
  /** Multiplies by a constant. */
  scale(x: T, options: LayerOptions & { factor: number }): T;
  dropout(x: T, options: LayerOptions & { rate: number }): T;
  /** Softmax over channels. */
  softmax(x: T, options: LayerOptions): T;
}

/** Names of the activations in the table of layers. */
export const ACTIVATION_LABELS: Record<ActivationName, string> = {
  relu: "ReLU",
  relu6: "ReLU6",
  sigmoid: "sigmoid",
  hardSigmoid: "hard sigmoid",
  hardSwish: "hard swish",
  swish: "swish",
  gelu: "GELU",
};

/** Their rows in the table of layers. */
export function elementwiseShape(table: ShapeTable): ElementwiseLayers<Shape> {
  return {
    activation: (x, options) =>
      table.record(ACTIVATION_LABELS[options.activation], { name: options.name, output: { ...x } }),
    add([a, b], { name }) {
      table.requireSameSize(a, b, { name, verb: "add" });
      return table.record("add", { name, output: { ...a } });
    },
    multiply([a, b], { name }) {
      const { height, width } = b;
      const isOnePixel = height === 1 && width === 1;
      const other = isOnePixel ? { ...b, height: a.height, width: a.width } : b;
      table.requireSameSize(a, other, { name, verb: "multiply" });
      return table.record("multiply", { name, output: { ...a } });
    },
    scale: (x, { name, factor }) => table.record(`scale ${factor}`, { name, output: { ...x } }),
    dropout: (x, { name, rate }) => table.record(`dropout ${rate}`, { name, output: { ...x } }),
    softmax: (x, { name }) => table.record("softmax", { name, output: { ...x } }),
  };
}

/** The layers in a saved graph. */
export function elementwiseTfjs(): ElementwiseLayers<Symbolic> {
  return {
    activation: activationTfjs,
    add: (terms, { name }) => tf.layers.add({ name }).apply(terms) as Symbolic,
    multiply: (factors, { name }) => multiply(factors, name),
    scale: (x, { name, factor }) => rescale(x, { name, scale: factor }),
    dropout: (x, { name, rate }) => tf.layers.dropout({ name, rate }).apply(x) as Symbolic,
    softmax: (x, { name }) =>
      tf.layers.activation({ name, activation: "softmax" }).apply(x) as Symbolic,
  };
}

/** An activation in a saved graph. */
export function activationTfjs(x: Symbolic, { name, activation }: ActivationOptions): Symbolic {
  switch (activation) {
    case "hardSigmoid":
      return hardSigmoid(x, name);
    case "hardSwish":
      return multiply([x, hardSigmoid(x, `${name}_gate`)], name);
    default:
      return tf.layers.activation({ name, activation }).apply(x) as Symbolic;
  }
}

/** Those of the layers that the engine's ops do better than tfjs; ReLU, sums and softmax are tfjs's. */
export function elementwiseTraining(): Omit<ElementwiseLayers<Symbolic>, "add" | "softmax"> {
  return {
    activation: (x, { name, activation: kind }) =>
      kind === "relu"
        ? tf.layers.activation({ name, activation: kind }).apply(x) as Symbolic
        : operation(x, { name, run: (t) => activation(t, kind) }),
    multiply: (factors, { name }) =>
      operation(factors, {
        name,
        run(a, { others: [b] }) {
          const isOnePixel = b!.shape[1] === 1 && b!.shape[2] === 1;
          return isOnePixel ? scaleChannels(a, b!) : tf.mul(a, b!);
        },
      }),
    scale: (x, { name, factor }) => operation(x, { name, run: (t) => tf.mul(t, factor) }),
    dropout: (x, { name, rate }) =>
      operation(x, {
        name,
        run: (t, { training, dropout: state = { seed: 0, step: 0 } }) =>
          training ? dropout(t, { ...state, rate, layer: name }) : t.clone(),
      }),
  };
}

function rescale(
  x: Symbolic,
  options: { name: string; scale: number; offset?: number },
): Symbolic {
  return tf.layers.rescaling(options).apply(x) as Symbolic;
}

function multiply(factors: [Symbolic, Symbolic], name: string): Symbolic {
  return tf.layers.multiply({ name }).apply(factors) as Symbolic;
}

/** relu6(x + 3) / 6; the hard sigmoid of tfjs has another slope. */
function hardSigmoid(x: Symbolic, name: string): Symbolic {
  const shifted = rescale(x, { name: `${name}_shift`, scale: 1, offset: 3 });
  const layer = tf.layers.activation({ name: `${name}_relu6`, activation: "relu6" });
  return rescale(layer.apply(shifted) as Symbolic, { name, scale: 1 / 6 });
}
