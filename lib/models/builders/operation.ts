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
  /** Maps `[b, h, w, c]`, and `others` beside it, to a tensor owned by the caller. */
  run(x: tf.Tensor4D, options: OperationContext): tf.Tensor;
  /** Shape of the output; the first input's own if left out. */
  outputShape?(inputShape: tf.Shape, others: tf.Shape[]): tf.Shape;
}

/** What a layer's function is given beside its first input. */
export interface OperationContext {
  /** The other inputs. */
  others: readonly tf.Tensor4D[];
  training: boolean;
  /** Whether the output of an auxiliary head is wanted beside the network's. */
  auxiliary?: boolean;
  dropout?: DropoutState;
}

/** Runs a function of one or more tensors as a Layers layer. */
export class Operation extends tf.layers.Layer {
  static className = "SegadvOperation";
  readonly #args: OperationArgs;

  constructor(args: OperationArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const several = Array.isArray(inputShape[0]);
    const [shape, ...others] = (several ? inputShape : [inputShape]) as [tf.Shape];
    return this.#args.outputShape?.(shape, others) ?? shape;
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: { training?: boolean; auxiliary?: boolean; dropout?: DropoutState },
  ): tf.Tensor {
    const [x, ...others] = [inputs].flat() as [tf.Tensor4D];
    const { training = false } = kwargs;
    return tf.tidy(() => this.#args.run(x, { ...kwargs, others, training }));
  }
}

/** The output of a new {@linkcode Operation}. */
export function operation(
  x: tf.SymbolicTensor | tf.SymbolicTensor[],
  args: OperationArgs,
): tf.SymbolicTensor {
  return new Operation(args).apply(x) as tf.SymbolicTensor;
}
