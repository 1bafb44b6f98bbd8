/**
 * The builder of plain TensorFlow.js layers, which is what a saved model is made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { tfjsConvolutions } from "./convolutions.ts";
import type { LayerBuilder } from "./layer_builder.ts";
import { adaptivePoolTfjs } from "./adaptive_pool.ts";
import { attentionTfjs } from "./attention.ts";
import { auxiliaryTfjs } from "./auxiliary.ts";
import { depthwiseTfjs } from "./depthwise_conv.ts";
import { dropPathTfjs } from "./drop_path.ts";
import { elementwiseTfjs } from "./elementwise.ts";
import { normsTfjs } from "./norms.ts";
import { poolingTfjs } from "./pooling.ts";
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
    ...tfjsConvolutions(source),
    ...adaptivePoolTfjs(),
    ...attentionTfjs(),
    ...auxiliaryTfjs(),
    ...depthwiseTfjs(source),
    ...dropPathTfjs(),
    ...elementwiseTfjs(),
    ...normsTfjs(source),
    ...poolingTfjs(),
    ...resizingTfjs(),
    input: (channels, { name } = { name: "input" }) =>
      tf.input({ shape: [size.height, size.width, channels], name }),
  };
}

/** Builds a network of symbolic tensors and makes the Layers model between its inputs and output. */
export function assemble(
  options: { name: string; builder: LayerBuilder<tf.SymbolicTensor> },
  build: (builder: LayerBuilder<tf.SymbolicTensor>) => tf.SymbolicTensor,
): tf.LayersModel {
  const inputs: tf.SymbolicTensor[] = [];
  const outputs = build({
    ...options.builder,
    input(channels, other) {
      const input = options.builder.input(channels, other);
      inputs.push(input);
      return input;
    },
  });
  const { name } = options;
  return tf.model({ name, inputs: inputs.length === 1 ? inputs[0]! : inputs, outputs });
}
