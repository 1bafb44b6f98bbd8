/**
 * A function of tensors as a Layers layer.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DropoutState } from "./layers.ts";

/** Options of {@linkcode Operation}. */
export interface OperationArgs {
  name: string;
  /** Maps `[b, h, w, c]` to a tensor owned by the caller. */
  run(x: tf.Tensor4D, options: { training: boolean; dropout?: DropoutState }): tf.Tensor;
  /** Shape of the output; the input's own if left out. */
  outputShape?(inputShape: tf.Shape): tf.Shape;
}

/** Runs a function of one tensor as a Layers layer. */
export class Operation extends tf.layers.Layer {
  static className = "SegadvOperation";
  readonly #args: OperationArgs;

  constructor(args: OperationArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shape = inputShape as tf.Shape;
    return this.#args.outputShape?.(shape) ?? shape;
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: { training?: boolean; dropout?: DropoutState },
  ): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => this.#args.run(x, { ...kwargs, training: kwargs.training ?? false }));
  }
}

/** The output of a new {@linkcode Operation}. */
export function operation(x: tf.SymbolicTensor, args: OperationArgs): tf.SymbolicTensor {
  return new Operation(args).apply(x) as tf.SymbolicTensor;
}
