/**
 * The builder of plain TensorFlow.js layers, which is what a saved model is made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { tfjsConvolutions } from "./convolutions.ts";
import { type LayerBuilder, requireRelu, unsupportedLayers } from "./layer_builder.ts";
import { attentionTfjs } from "./attention.ts";
import { normsTfjs } from "./norms.ts";
import { resizingTfjs } from "./resizing.ts";
import type { WeightSource } from "./weight_source.ts";

type Symbolic = tf.SymbolicTensor;

/**
 * A builder of tfjs layers, with the weight names of the builder that trains.
 *
 * @param size Height and width of the input. @default any
 */
export function tfjsBuilder(
  source: WeightSource,
  size: { height: number | null; width: number | null } = { height: null, width: null },
): LayerBuilder<Symbolic> {
  return {
    ...unsupportedLayers("tfjs"),
    ...tfjsConvolutions(source),
    ...attentionTfjs(),
    ...normsTfjs(source),
    ...resizingTfjs(),
    input: (channels) => tf.input({ shape: [size.height, size.width, channels], name: "input" }),
    maxPool(x, { name, size, stride, padding }) {
      const layer = tf.layers.maxPooling2d({ name, poolSize: size, strides: stride, padding });
      return layer.apply(x) as Symbolic;
    },
    activation(x, options) {
      requireRelu(options, "tfjs");
      return tf.layers.activation({ ...options, activation: "relu" }).apply(x) as Symbolic;
    },
    add: (terms, { name }) => tf.layers.add({ name }).apply(terms) as Symbolic,
    scale,
    dropout: (x, { name, rate }) => tf.layers.dropout({ name, rate }).apply(x) as Symbolic,
    softmax: (x, { name }) =>
      tf.layers.activation({ name, activation: "softmax" }).apply(x) as Symbolic,
  };
}

/** Builds a network of symbolic tensors and makes the Layers model between its input and output. */
export function assemble(
  options: { name: string; builder: LayerBuilder<tf.SymbolicTensor> },
  build: (builder: LayerBuilder<tf.SymbolicTensor>) => tf.SymbolicTensor,
): tf.LayersModel {
  let input: tf.SymbolicTensor | undefined;
  const outputs = build({
    ...options.builder,
    input: (channels) => (input = options.builder.input(channels)),
  });
  return tf.model({ name: options.name, inputs: input!, outputs });
}

function scale(x: Symbolic, options: { name: string; factor: number }): Symbolic {
  const { name, factor } = options;
  return tf.layers.rescaling({ name, scale: factor }).apply(x) as Symbolic;
}
