/**
 * Convolution layer on the engine's fused op.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../../engine/ops/conv2d.ts";

/** Starting value of a weight. */
type Initializer = ReturnType<typeof tf.initializers.zeros>;

/** Options of {@linkcode Conv2d}. */
export interface Conv2dArgs {
  name: string;
  filters: number;
  /** Side of the square kernel. */
  kernel: number;
  stride: number;
  padding: "same" | "valid";
  /** Whether a ReLU follows, in the same pass over memory. */
  relu: boolean;
  /** Slope of the ReLU below zero. @default 0 */
  leak?: number;
  kernelInitializer: Initializer;
  biasInitializer: Initializer;
}

/** Convolution over `[b, h, w, c]` with tfjs's weights (kernel, bias). */
export class Conv2d extends tf.layers.Layer {
  static className = "SegadvConv2d";
  readonly #args: Conv2dArgs;
  #kernel!: tf.LayerVariable;
  #bias!: tf.LayerVariable;

  constructor(args: Conv2dArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { kernel, filters, kernelInitializer, biasInitializer } = this.#args;
    const channels = (inputShape as tf.Shape).at(-1)!;
    const shape = [kernel, kernel, channels, filters];
    this.#kernel = this.addWeight("kernel", shape, "float32", kernelInitializer);
    this.#bias = this.addWeight("bias", [filters], "float32", biasInitializer);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const { kernel, stride, padding, filters } = this.#args;
    const [b, h, w] = inputShape as tf.Shape;
    const length = (n: number | null | undefined): number | null =>
      n == null ? null : Math.ceil((padding === "same" ? n : n - kernel + 1) / stride);
    return [b!, length(h), length(w), filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    const { stride, padding, relu, leak = 0 } = this.#args;
    const filter = this.#kernel.read() as tf.Tensor4D;
    const bias = this.#bias.read() as tf.Tensor1D;
    return conv2d({ x, filter, bias }, { stride, padding, relu, leak });
  }
}
