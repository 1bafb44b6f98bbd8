/**
 * From a network written in a builder to a Layers model.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { LayerBuilder } from "./layer_builder.ts";

/** Writes a network in a builder of symbolic tensors and makes the model between its two ends. */
export function assemble(
  options: { name: string; builder: LayerBuilder<tf.SymbolicTensor> },
  write: (builder: LayerBuilder<tf.SymbolicTensor>) => tf.SymbolicTensor,
): tf.LayersModel {
  let input: tf.SymbolicTensor | undefined;
  const outputs = write({
    ...options.builder,
    input: (channels) => (input = options.builder.input(channels)),
  });
  return tf.model({ name: options.name, inputs: input!, outputs });
}
