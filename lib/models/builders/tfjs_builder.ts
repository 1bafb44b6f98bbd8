/**
 * The builder of plain TensorFlow.js layers, which is what a saved model is made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { tfjsConvolutions } from "./convolutions.ts";
import { type LayerBuilder, requireRelu, unsupportedLayers } from "./layer_builder.ts";
import type { WeightSpec } from "./layer_options.ts";
import { initializer, type WeightSource } from "./weight_source.ts";

type Symbolic = tf.SymbolicTensor;

/** A builder of tfjs layers, with the weight names of the builder that trains. */
export function tfjsBuilder(source: WeightSource): LayerBuilder<Symbolic> {
  const weight = (name: string, init: WeightSpec["init"]) => initializer(source, { name, init });
  const relu = (x: Symbolic, name: string): Symbolic =>
    tf.layers.activation({ name, activation: "relu" }).apply(x) as Symbolic;
  const leakyRelu = (x: Symbolic, args: { name: string; alpha: number }): Symbolic =>
    tf.layers.leakyReLU(args).apply(x) as Symbolic;
  return {
    ...unsupportedLayers("tfjs"),
    ...tfjsConvolutions(source),
    input: (channels) => tf.input({ shape: [null, null, channels], name: "input" }),
    batchNorm(x, options) {
      const { name, momentum, eps, leak = 0 } = options;
      const layer = tf.layers.batchNormalization({
        name,
        momentum,
        epsilon: eps,
        gammaInitializer: weight(`${name}/gamma`, { kind: "ones" }),
        betaInitializer: weight(`${name}/beta`, { kind: "zeros" }),
        movingMeanInitializer: weight(`${name}/moving_mean`, { kind: "zeros" }),
        movingVarianceInitializer: weight(`${name}/moving_variance`, { kind: "ones" }),
      });
      const y = layer.apply(x) as Symbolic;
      if (!options.relu) return y;
      return leak > 0
        ? leakyRelu(y, { name: `${name}_relu`, alpha: leak })
        : relu(y, `${name}_relu`);
    },
    maxPool(x, { name, size, stride, padding }) {
      const layer = tf.layers.maxPooling2d({ name, poolSize: size, strides: stride, padding });
      return layer.apply(x) as Symbolic;
    },
    zeroPad: (x, { name, pad }) =>
      tf.layers.zeroPadding2d({ name, padding: [pad, pad] }).apply(x) as Symbolic,
    crop(x, { name, start, end }) {
      const layer = tf.layers.cropping2D({ name, cropping: [[start, end], [start, end]] });
      return layer.apply(x) as Symbolic;
    },
    activation(x, options) {
      requireRelu(options, "tfjs");
      return relu(x, options.name);
    },
    add: (terms, { name }) => tf.layers.add({ name }).apply(terms) as Symbolic,
    concat: (parts, { name }) => tf.layers.concatenate({ name }).apply([...parts]) as Symbolic,
    scale,
    dropout: (x, { name, rate }) => tf.layers.dropout({ name, rate }).apply(x) as Symbolic,
    upsample: (x, { name, factor }) =>
      enlargeAxis(enlargeAxis(x, { name: `${name}_y`, size: [factor, 1] }), {
        name: `${name}_x`,
        size: [1, factor],
      }),
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

/**
 * Bilinear enlargement by an even factor k along one axis, exactly, from tfjs layers: repeat each
 * pixel k times, then blend the means over k + 1 and k − 1 neighbours, (k+1)/2k and (k−1)/2k. tfjs's
 * average pooling leaves padding out of the count, which clamps the edges.
 */
function enlargeAxis(x: Symbolic, options: { name: string; size: [number, number] }): Symbolic {
  const { name, size } = options;
  const k = Math.max(...size);
  if (k % 2 !== 0) {
    throw new RangeError(`Cannot upsample ×${k} in ${name} with tfjs layers: must be even`);
  }
  const repeated = tf.layers.upSampling2d({ name: `${name}_repeat`, size }).apply(x) as Symbolic;
  const mean = (length: number): Symbolic => {
    const layer = tf.layers.averagePooling2d({
      name: `${name}_mean${length}`,
      poolSize: size.map((s) => s === 1 ? 1 : length) as [number, number],
      strides: 1,
      padding: "same",
    });
    return layer.apply(repeated) as Symbolic;
  };
  const blend = [
    scale(mean(k + 1), { name: `${name}_outer`, factor: (k + 1) / (2 * k) }),
    // For k = 2 the inner mean is over one pixel: the map itself.
    scale(k === 2 ? repeated : mean(k - 1), { name: `${name}_inner`, factor: (k - 1) / (2 * k) }),
  ];
  return tf.layers.add({ name }).apply(blend) as Symbolic;
}
