/**
 * Normalisation: batch norm, whose moving statistics change only on request, and layer norm.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { activation } from "../../engine/ops/activations.ts";
import {
  batchNormTraining,
  movingAverage,
  type NormActivation,
} from "../../engine/ops/batch_norm.ts";
import { layerNorm } from "../../engine/ops/layer_norm.ts";
import { ACTIVATION_LABELS, activationTfjs } from "./elementwise.ts";
import type { LayerOptions, WeightSpec } from "./layer_options.ts";
import { followingRelu, type Shape, type ShapeTable, type WeightInfo } from "./shape_table.ts";
import { initializer, type WeightSource } from "./weight_source.ts";

type Symbolic = tf.SymbolicTensor;

/** Options of batch normalisation. */
export interface BatchNormOptions extends LayerOptions {
  /** moving = momentum·moving + (1 − momentum)·batch. */
  momentum: number;
  eps: number;
  /** Whether a ReLU follows. */
  relu: boolean;
  /** Slope of the ReLU below zero, 0 ≤ leak < 1. @default 0 */
  leak?: number;
  /** Another activation that follows, in place of a ReLU. */
  activation?: NormActivation;
}

/** Options of layer normalisation. */
export interface LayerNormOptions extends LayerOptions {
  eps: number;
}

/** Normalisations over `[b, h, w, c]`. */
export interface NormLayers<T> {
  batchNorm(x: T, options: BatchNormOptions): T;
  /** Each pixel by the statistics of its channels. */
  layerNorm(x: T, options: LayerNormOptions): T;
}

/** Their rows in the table of layers. */
export function normsShape(table: ShapeTable): NormLayers<Shape> {
  return {
    batchNorm(x, { name, relu, leak, activation }) {
      const shape = [x.channels];
      const weight = (part: string, kind: "zeros" | "ones", trainable: boolean): WeightInfo => ({
        name: `${name}/${part}`,
        shape,
        init: { kind },
        trainable,
      });
      const weights = [
        weight("gamma", "ones", true),
        weight("beta", "zeros", true),
        weight("moving_mean", "zeros", false),
        weight("moving_variance", "ones", false),
      ];
      const kind = "batch norm" +
        (activation ? ` + ${ACTIVATION_LABELS[activation]}` : followingRelu({ relu, leak }));
      return table.record(kind, { name, output: { ...x }, weights });
    },
    layerNorm(x, { name }) {
      const weights = ([["gamma", "ones"], ["beta", "zeros"]] as const).map(([part, kind]) => ({
        name: `${name}/${part}`,
        shape: [x.channels],
        init: { kind },
        trainable: true,
      }));
      return table.record("layer norm", { name, output: { ...x }, weights });
    },
  };
}

/** The layers in a saved graph. */
export function normsTfjs(source: WeightSource): NormLayers<Symbolic> {
  return {
    batchNorm(x, { name, momentum, eps, relu, leak = 0, activation }) {
      const begin = starts(source, name);
      const layer = tf.layers.batchNormalization({
        name,
        momentum,
        epsilon: eps,
        gammaInitializer: begin.gamma,
        betaInitializer: begin.beta,
        movingMeanInitializer: begin.mean,
        movingVarianceInitializer: begin.variance,
      });
      const y = layer.apply(x) as Symbolic;
      if (activation) return activationTfjs(y, { name: `${name}_${activation}`, activation });
      if (!relu) return y;
      const after = leak > 0
        ? tf.layers.leakyReLU({ name: `${name}_relu`, alpha: leak })
        : tf.layers.activation({ name: `${name}_relu`, activation: "relu" });
      return after.apply(y) as Symbolic;
    },
    layerNorm(x, { name, eps }) {
      const { gamma, beta } = starts(source, name);
      const layer = tf.layers.layerNormalization({
        name,
        epsilon: eps,
        gammaInitializer: gamma,
        betaInitializer: beta,
      });
      return layer.apply(x) as Symbolic;
    },
  };
}

/** The layers of the model that trains. */
export function normsTraining(source: WeightSource): NormLayers<Symbolic> {
  return {
    batchNorm(x, { leak = 0, ...options }) {
      const begin = starts(source, options.name);
      return new BatchNormalization({ ...options, leak, ...begin }).apply(x) as Symbolic;
    },
    layerNorm(x, options) {
      const { gamma, beta } = starts(source, options.name);
      return new LayerNormalization({ ...options, gamma, beta }).apply(x) as Symbolic;
    },
  };
}

/** Starting values of a norm's weights. */
function starts(
  source: WeightSource,
  name: string,
): Record<"gamma" | "beta" | "mean" | "variance", Initializer> {
  const start = (part: string, kind: "zeros" | "ones"): Initializer =>
    initializer(source, { name: `${name}/${part}`, init: { kind } satisfies WeightSpec["init"] });
  return {
    gamma: start("gamma", "ones"),
    beta: start("beta", "zeros"),
    mean: start("moving_mean", "zeros"),
    variance: start("moving_variance", "ones"),
  };
}

/** Starting value of a weight. */
type Initializer = ReturnType<typeof tf.initializers.zeros>;

/** Options of {@linkcode LayerNormalization}. */
export interface LayerNormalizationArgs extends LayerNormOptions {
  gamma: Initializer;
  beta: Initializer;
}

/** Layer norm over the last axis with tfjs's weights (gamma, beta). */
export class LayerNormalization extends tf.layers.Layer {
  static className = "SegadvLayerNormalization";
  readonly #args: LayerNormalizationArgs;
  #gamma!: tf.LayerVariable;
  #beta!: tf.LayerVariable;

  constructor(args: LayerNormalizationArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = [(inputShape as tf.Shape).at(-1)!];
    this.#gamma = this.addWeight("gamma", shape, "float32", this.#args.gamma);
    this.#beta = this.addWeight("beta", shape, "float32", this.#args.beta);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0]!;
    const gamma = this.#gamma.read() as tf.Tensor1D;
    const beta = this.#beta.read() as tf.Tensor1D;
    return layerNorm({ x, gamma, beta }, { eps: this.#args.eps });
  }
}

/** Options of {@linkcode BatchNormalization}. */
export interface BatchNormalizationArgs {
  name: string;
  /** moving = momentum·moving + (1 − momentum)·batch. */
  momentum: number;
  eps: number;
  /** Whether a ReLU follows, in the same pass over memory. */
  relu: boolean;
  /** Slope of the ReLU below zero. @default 0 */
  leak?: number;
  /** Another activation that follows, in place of a ReLU. */
  activation?: NormActivation;
  gamma: Initializer;
  beta: Initializer;
  mean: Initializer;
  variance: Initializer;
}

/** Mean and biased variance `[c]` of what a batch norm takes as input, batch by batch. */
export type BatchStatistics = { mean: tf.Tensor1D; variance: tf.Tensor1D }[];

/**
 * Batch norm over `[b, h, w, c]` with tfjs's weights (gamma, beta, moving_mean,
 * moving_variance). Called with `{ training: true }` it normalises by the batch's mean and biased
 * variance; with `{ training: true, updateStatistics: true }` it also moves its statistics, so that
 * a network can be run on two batches and learn the statistics of one (D, §2.4). Otherwise it
 * normalises by the moving statistics; where `statistics` has an entry of its name, those of the batch
 * are added there, owned by the caller.
 */
export class BatchNormalization extends tf.layers.Layer {
  static className = "SegadvBatchNormalization";
  /** Whether it takes and keeps the moving statistics in training too. */
  isFrozen = false;
  readonly #args: BatchNormalizationArgs;
  #gamma!: tf.LayerVariable;
  #beta!: tf.LayerVariable;
  #mean!: tf.LayerVariable;
  #variance!: tf.LayerVariable;

  constructor(args: BatchNormalizationArgs) {
    super({ name: args.name });
    this.#args = args;
  }

  get epsilon(): number {
    return this.#args.eps;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = (inputShape as tf.Shape).at(-1)!;
    const weight = (name: string, initializer: Initializer, trainable: boolean): tf.LayerVariable =>
      this.addWeight(name, [channels], "float32", initializer, undefined, trainable);
    this.#gamma = weight("gamma", this.#args.gamma, true);
    this.#beta = weight("beta", this.#args.beta, true);
    this.#mean = weight("moving_mean", this.#args.mean, false);
    this.#variance = weight("moving_variance", this.#args.variance, false);
    this.built = true;
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: {
      training?: boolean;
      updateStatistics?: boolean;
      statistics?: ReadonlyMap<string, BatchStatistics>;
    },
  ): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => {
      const { eps, relu, leak = 0, activation: end } = this.#args;
      const gamma = this.#gamma.read() as tf.Tensor1D;
      const beta = this.#beta.read() as tf.Tensor1D;
      if (!kwargs.training || this.isFrozen) {
        const mean = this.#mean.read() as tf.Tensor1D;
        const variance = this.#variance.read() as tf.Tensor1D;
        kwargs.statistics?.get(this.name)?.push(this.#statisticsOf(x));
        const y = tf.batchNorm4d(x, mean, variance, beta, gamma, eps);
        if (end) return activation(y, end);
        if (!relu) return y;
        return leak > 0 ? tf.leakyRelu(y, leak) : tf.relu(y);
      }
      const [y, mean, variance] = batchNormTraining({ x, gamma, beta }, {
        ...{ eps, relu, leak },
        ...(end && { activation: end }),
      });
      if (kwargs.updateStatistics) {
        this.#move(this.#mean, mean);
        this.#move(this.#variance, variance);
      }
      return y;
    });
  }

  #statisticsOf(x: tf.Tensor4D): BatchStatistics[number] {
    const [gamma, beta] = [this.#gamma.read() as tf.Tensor1D, this.#beta.read() as tf.Tensor1D];
    const { eps } = this.#args;
    const [, mean, variance] = batchNormTraining({ x, gamma, beta }, { eps });
    return { mean: tf.keep(mean), variance: tf.keep(variance) };
  }

  #move(statistic: tf.LayerVariable, batch: tf.Tensor): void {
    const moving = statistic.read() as tf.Variable;
    movingAverage({ moving, batch }, { momentum: this.#args.momentum });
  }
}
