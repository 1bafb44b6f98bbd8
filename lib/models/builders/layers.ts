/**
 * The layers that train: convolution on the engine's fused op, and dropout whose mask is a function of (seed, step, layer), so
 * that a resumed run draws the same masks.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../engine/ops/conv2d.ts";
import { powerIteration, spectralNormalized } from "../../engine/ops/spectral_norm.ts";
import { randomStream } from "../../util/random.ts";

/** Starting value of a weight. */
type Initializer = ReturnType<typeof tf.initializers.zeros>;

/** Options of {@linkcode Conv2d}. */
export interface Conv2dArgs {
  name: string;
  filters: number;
  /** Side of the square kernel. */
  kernel: number;
  stride: number;
  padding: "same" | "valid" | number;
  /** Distance of the kernel's taps; above 1 only with stride 1. @default 1 */
  dilation?: number;
  /** Whether a bias is added. */
  bias: boolean;
  /** Whether a ReLU follows, in the same pass over memory. */
  relu: boolean;
  /** Slope of the ReLU below zero. @default 0 */
  leak?: number;
  kernelInitializer: Initializer;
  biasInitializer: Initializer;
  /** Start of spectral norm's singular vector; without one the kernel is taken as it is. */
  singularInitializer?: Initializer;
}

/**
 * Slopes of a network's ReLUs at one input, by layer: with them the network is a linear map of its
 * input, the derivative there. Owned by the caller.
 */
export interface Slopes {
  /** `record`: the slopes of this pass are kept; `apply`: this pass is that linear map. */
  mode: "record" | "apply";
  byLayer: Map<string, tf.Tensor>;
}

/**
 * Convolution over `[b, h, w, c]` with tfjs's weights (kernel and, if any, bias); with spectral norm
 * also the singular vectors `u` and `v`.
 */
export class Conv2d extends tf.layers.Layer {
  static className = "SegadvConv2d";
  readonly #args: Conv2dArgs;
  #kernel!: tf.LayerVariable;
  #bias: tf.LayerVariable | null = null;
  #singular: { u: tf.LayerVariable; v: tf.LayerVariable } | null = null;

  constructor(args: Conv2dArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { kernel, filters, bias, kernelInitializer, biasInitializer } = this.#args;
    const channels = (inputShape as tf.Shape).at(-1)!;
    const shape = [kernel, kernel, channels, filters];
    this.#kernel = this.addWeight("kernel", shape, "float32", kernelInitializer);
    if (bias) this.#bias = this.addWeight("bias", [filters], "float32", biasInitializer);
    const { singularInitializer: start } = this.#args;
    if (start !== undefined) {
      const vector = (name: string, length: number): tf.LayerVariable =>
        this.addWeight(name, [length], "float32", start, undefined, false);
      this.#singular = { u: vector("u", filters), v: vector("v", kernel * kernel * channels) };
      for (let i = 0; i < 15; i++) this.iterateSingularVectors(); // as PyTorch starts
    }
    this.built = true;
  }

  /** One power iteration of spectral norm's singular vectors, if it has any. */
  iterateSingularVectors(): void {
    if (this.#singular === null) return;
    const { u, v } = this.#singular;
    powerIteration(this.#kernel.read() as tf.Tensor4D, {
      u: u.read() as tf.Variable<tf.Rank.R1>,
      v: v.read() as tf.Variable<tf.Rank.R1>,
    });
  }

  #filter(): tf.Tensor4D {
    const filter = this.#kernel.read() as tf.Tensor4D;
    if (this.#singular === null) return filter;
    const [u, v] = [this.#singular.u.read(), this.#singular.v.read()];
    return spectralNormalized(filter, { u: u as tf.Tensor1D, v: v as tf.Tensor1D });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const { kernel, stride, padding, dilation = 1, filters } = this.#args;
    const [b, h, w] = inputShape as tf.Shape;
    const zeros = typeof padding === "number" ? 2 * padding : 0;
    const lost = padding === "same" ? 0 : (kernel - 1) * dilation - zeros;
    const length = (n: number | null | undefined): number | null =>
      n == null ? null : Math.ceil((n - lost) / stride);
    return [b!, length(h), length(w), filters];
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    { slopes }: { slopes?: Slopes } = {},
  ): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    const { stride, padding, dilation = 1, relu, leak = 0 } = this.#args;
    const filter = this.#filter();
    if (slopes?.mode === "apply") {
      const y = conv2d({ x, filter }, { stride, padding, dilation, relu: false });
      return relu ? tf.mul(y, slopes.byLayer.get(this.name)!) : y;
    }
    const bias = this.#bias?.read() as tf.Tensor1D | undefined;
    const operands = bias ? { x, filter, bias } : { x, filter };
    const y = conv2d(operands, { stride, padding, dilation, relu, leak });
    if (slopes !== undefined && relu) {
      const above = tf.cast(tf.greater(y, 0), "float32");
      slopes.byLayer.set(this.name, tf.keep(tf.add(tf.mul(above, 1 - leak), leak)));
    }
    return y;
  }
}

/** What dropout masks are drawn from; a training step passes it to the network. */
export interface DropoutState {
  seed: number;
  step: number;
  /** Index of the micro-batch, whose mask is its share of the whole batch's. @default 0 */
  part?: number;
}

/** Which mask to draw. */
export interface DropoutOptions extends DropoutState {
  /** Share of values set to zero, 0 ≤ rate < 1; the others are divided by 1 − rate. */
  rate: number;
  /** Name of the layer. */
  layer: string;
}

/**
 * Inverted dropout: each value becomes zero with probability `rate`, the rest grow by
 * 1 / (1 − rate). Bit-identical on every backend. Differentiable in `x`.
 *
 * @returns A tensor of `x`'s shape, owned by the caller.
 * @throws {RangeError} If `rate` lies outside [0, 1).
 */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  const { rate, layer } = options;
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`Cannot drop a share of ${rate} in ${layer}: must lie in [0, 1)`);
  }
  if (rate === 0) return x.clone();
  // tf.mul would keep x for the gradient as well; the mask is enough
  const masked = tf.customGrad((input, save) => {
    const mask = tf.tensor(keptOrZero(x.size, options), x.shape);
    (save as tf.GradSaveFunc)([mask]);
    return {
      value: tf.mul(input as tf.Tensor, mask),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!),
    };
  });
  return masked(x) as T;
}

/** A factor for each value: 0 or 1 / (1 − rate), from a hash of its index (no state, so fast). */
function keptOrZero(size: number, options: DropoutOptions): Float32Array {
  const { rate, seed, step, part = 0, layer } = options;
  const stream = randomStream(seed, "dropout", step, layer);
  const start = stream.bits();
  const stride = stream.bits() | 1;
  const threshold = Math.round(rate * 2147483648);
  const scale = 1 / (1 - rate);
  const factors = new Float32Array(size);
  const first = part * size;
  for (let i = 0; i < size; i++) {
    let x = (start + Math.imul(first + i, stride)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    const draw = (x ^ (x >>> 15)) >>> 1;
    factors[i] = (1 + ((draw - threshold) >> 31)) * scale; // branch-free: a random branch is mispredicted
  }
  return factors;
}
