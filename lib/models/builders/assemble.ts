/**
 * From a network written in a kit to a Layers model.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Kit } from "./layer_builder.ts";

/** Writes a network in a kit of symbolic tensors and makes the model between its two ends. */
export function assemble(
  options: { name: string; kit: Kit<tf.SymbolicTensor> },
  write: (kit: Kit<tf.SymbolicTensor>) => tf.SymbolicTensor,
): tf.LayersModel {
  let input: tf.SymbolicTensor | undefined;
  const outputs = write({
    ...options.kit,
    input: (channels) => (input = options.kit.input(channels)),
  });
  return tf.model({ name: options.name, inputs: input!, outputs });
}
