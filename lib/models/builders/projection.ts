/**
 * A 1×1 convolution of concatenated maps of several sizes, for decoders that fuse features.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../../engine/ops/conv2d.ts";
import { resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import type { ConvolutionBuilder } from "./convolutions.ts";
import type { LayerOptions, WeightInit } from "./layer_options.ts";
import type { ResizingLayers } from "./resizing.ts";
import { initializer, type WeightSource } from "./weight_source.ts";

type Symbolic = tf.SymbolicTensor;

/** A map, and the whole factor by which it is enlarged bilinearly before it is concatenated. */
export interface ProjectionPart<T> {
  x: T;
  factor: number;
}

/** Options of a projection. */
export interface ProjectionOptions extends LayerOptions {
  filters: number;
  init: WeightInit;
}

/** What a builder may do better than {@linkcode projectConcat} by its other layers. */
export interface ProjectionLayers<T> {
  projectConcat?(parts: readonly ProjectionPart<T>[], options: ProjectionOptions): T;
}

/**
 * Enlarges maps to one size, concatenates their channels and convolves them 1×1, without a bias.
 *
 * Convolution and enlargement are linear, and the weights of a bilinear mean add up to one, so that a map
 * may as well be convolved before it is enlarged: up to rounding the same, at a fraction of the products.
 * The model that trains does so.
 */
export function projectConcat<T>(
  builder: ConvolutionBuilder<T> & ResizingLayers<T> & ProjectionLayers<T>,
  parts: readonly ProjectionPart<T>[],
  options: ProjectionOptions,
): T {
  if (builder.projectConcat !== undefined) return builder.projectConcat(parts, options);
  const { name } = options;
  const maps = parts.map(({ x, factor }, i) =>
    factor === 1 ? x : builder.upsample(x, { name: `${name}_up${i + 1}`, factor })
  );
  const all = builder.concat(maps, { name: `${name}_concat` });
  return builder.conv(all, { ...options, kernel: 1, bias: false });
}

/** The layer of the model that trains. */
export function projectionTraining(source: WeightSource): ProjectionLayers<Symbolic> {
  return {
    projectConcat(parts, options) {
      const { name, init } = options;
      const layer = new Projection({
        ...options,
        factors: parts.map(({ factor }) => factor),
        kernelInitializer: initializer(source, { name: `${name}/kernel`, init }),
      });
      return layer.apply(parts.map(({ x }) => x)) as Symbolic;
    },
  };
}

/** Options of {@linkcode Projection}. */
interface ProjectionArgs {
  name: string;
  filters: number;
  factors: readonly number[];
  kernelInitializer: ReturnType<typeof tf.initializers.zeros>;
}

/** The sum of the maps' own convolutions, each enlarged; kernel `[1, 1, Σ channels, filters]`. */
class Projection extends tf.layers.Layer {
  static className = "SegadvProjection";
  readonly #args: ProjectionArgs;
  #kernel!: tf.LayerVariable;

  constructor(args: ProjectionArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { filters, kernelInitializer } = this.#args;
    const channels = (inputShape as tf.Shape[]).reduce((sum, shape) => sum + shape.at(-1)!, 0);
    const shape = [1, 1, channels, filters];
    this.#kernel = this.addWeight("kernel", shape, "float32", kernelInitializer);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const { factors, filters } = this.#args;
    const shapes = inputShape as tf.Shape[];
    // The size of a map that is not enlarged is known wherever any is
    const whole = Math.max(0, factors.indexOf(1));
    const [b, h, w] = shapes[whole]!;
    const times = (n: number | null | undefined) => n == null ? null : n * factors[whole]!;
    return [b!, times(h), times(w), filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { factors } = this.#args;
    return tf.tidy(() => {
      const maps = inputs as tf.Tensor4D[];
      const sizes = maps.map(({ shape }) => shape[3]);
      const filters = tf.split(this.#kernel.read(), sizes, 2) as tf.Tensor4D[];
      return maps.map((x, i) => {
        const y = conv2d({ x, filter: filters[i]! }, { stride: 1, padding: "same", relu: false });
        const factor = factors[i]!;
        if (factor === 1) return y;
        return resizeBilinear(y, { height: factor * y.shape[1], width: factor * y.shape[2] });
      }).reduce((sum, y) => tf.add(sum, y));
    });
  }
}
