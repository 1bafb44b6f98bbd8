/**
 * The depthwise and separable convolutions that train, on the engine's fused ops.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../engine/ops/conv2d.ts";
import { depthwiseConv2d } from "../../engine/ops/depthwise_conv.ts";

/** A depthwise convolution's window. */
export interface DepthwiseWindow {
  name: string;
  /** Side of the square kernel. */
  kernel: number;
  stride: number;
  padding: "same" | "valid" | number;
  dilation: number;
  /** Whether a bias is added. */
  bias: boolean;
}

/** Starting value of a weight. */
export type Initializer = ReturnType<typeof tf.initializers.zeros>;

/** Starting values of the kernels and the bias. */
export type DepthwiseStarts = Record<"depthwise" | "pointwise" | "zeros", Initializer>;

/** Depthwise convolution with tfjs's weights (depthwise_kernel and, if any, bias). */
export class DepthwiseConv extends tf.layers.Layer {
  static className = "SegadvDepthwiseConv";
  readonly #options: DepthwiseWindow & { multiplier: number };
  readonly #starts: DepthwiseStarts;
  #kernel!: tf.LayerVariable;
  #bias: tf.LayerVariable | null = null;

  constructor(options: DepthwiseWindow & { multiplier: number }, starts: DepthwiseStarts) {
    super({ name: options.name });
    this.#options = options;
    this.#starts = starts;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { kernel, multiplier, bias } = this.#options;
    const channels = (inputShape as tf.Shape).at(-1)!;
    const shape = [kernel, kernel, channels, multiplier];
    const { depthwise, zeros } = this.#starts;
    this.#kernel = this.addWeight("depthwise_kernel", shape, "float32", depthwise);
    if (bias) this.#bias = this.addWeight("bias", [channels * multiplier], "float32", zeros);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const { kernel, stride, padding, dilation, multiplier } = this.#options;
    const [b, h, w, c] = inputShape as tf.Shape;
    const size = (kernel - 1) * dilation + 1;
    const border = typeof padding === "number" ? 2 * padding : 0;
    const length = (n: number | null | undefined): number | null =>
      n == null ? null : Math.ceil((padding === "same" ? n : n + border - size + 1) / stride);
    return [b!, length(h), length(w), c! * multiplier];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor4D;
    const filter = this.#kernel.read() as tf.Tensor4D;
    const bias = this.#bias?.read() as tf.Tensor1D | undefined;
    return depthwiseConv2d(bias ? { x, filter, bias } : { x, filter }, this.#options);
  }
}

/** Separable convolution with tfjs's weights (depthwise_kernel, pointwise_kernel and, if any, bias). */
export class SeparableConv extends tf.layers.Layer {
  static className = "SegadvSeparableConv";
  readonly #options: DepthwiseWindow & { filters: number };
  readonly #starts: DepthwiseStarts;
  #depthwise!: tf.LayerVariable;
  #pointwise!: tf.LayerVariable;
  #bias: tf.LayerVariable | null = null;

  constructor(options: DepthwiseWindow & { filters: number }, starts: DepthwiseStarts) {
    super({ name: options.name });
    this.#options = options;
    this.#starts = starts;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { kernel, filters, bias } = this.#options;
    const channels = (inputShape as tf.Shape).at(-1)!;
    const { depthwise, pointwise, zeros } = this.#starts;
    const weight = (name: string, shape: number[], start: Initializer): tf.LayerVariable =>
      this.addWeight(name, shape, "float32", start);
    this.#depthwise = weight("depthwise_kernel", [kernel, kernel, channels, 1], depthwise);
    this.#pointwise = weight("pointwise_kernel", [1, 1, channels, filters], pointwise);
    if (bias) this.#bias = weight("bias", [filters], zeros);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...(inputShape as tf.Shape).slice(0, 3), this.#options.filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const { stride, padding, dilation } = this.#options;
      const window = { stride, padding, dilation };
      const filter = this.#depthwise.read() as tf.Tensor4D;
      const each = depthwiseConv2d({ x: [inputs].flat()[0] as tf.Tensor4D, filter }, window);
      const mixed = this.#pointwise.read() as tf.Tensor4D;
      const bias = this.#bias?.read() as tf.Tensor1D | undefined;
      return conv2d(
        bias ? { x: each, filter: mixed, bias } : { x: each, filter: mixed },
        { stride: 1, padding: "same", relu: false },
      );
    });
  }
}
