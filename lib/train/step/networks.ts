/**
 * The networks of a run with their optimisers.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../../config/config.ts";
import {
  type AdversarialConfig,
  adversarialLosses,
} from "../../losses/adversarial/adversarial_config.ts";
import type { AdversarialLoss } from "../../losses/adversarial/adversarial_loss.ts";
import { segmentationLosses } from "../../losses/segmentation/loss_config.ts";
import type { WeightedLoss } from "../../losses/segmentation/segmentation_loss.ts";
import { type Temperatures, temperaturesOf } from "../../losses/temperatures.ts";
import { buildModel } from "../../models/build_model.ts";
import { backboneStage, freezeLayers } from "../../models/frozen_layers.ts";
import { networks } from "../../models/networks/registry.ts";
import { buildDiscriminator, type Discriminator } from "../../models/discriminator.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import { LossScale } from "../../optim/loss_scale.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import { optimizers } from "../../optim/optimizer_config.ts";
import { adam } from "../../optim/optimizers/adam.ts";
import { type Parameter, parametersOf } from "../../optim/parameters.ts";
import { WeightAverage } from "../../optim/weight_average.ts";

/** A network with its trainable weights and the state of their optimiser. */
export interface Trainable<M> {
  model: M;
  parameters: Parameter[];
  optimizer: Optimizer;
}

/** The discriminator in training, with its loss. */
export interface DiscriminatorState extends Trainable<Discriminator> {
  loss: AdversarialLoss;
  config: AdversarialConfig;
}

/** Everything that a training step updates, and the losses that it takes. */
export interface Networks {
  segmentation: Trainable<SegmentationModel>;
  /** `null` where training is not adversarial: no D, not even in memory. */
  discriminator: DiscriminatorState | null;
  /** Terms of L_seg. */
  losses: readonly WeightedLoss[];
  /** Weights of the classes in the terms that take them; `null`: none. */
  classWeights: readonly number[] | null;
  /** Factor of the auxiliary head's cross-entropy. */
  auxWeight: number;
  temperatures: Temperatures;
  /** Largest norm of the segmentation network's gradients; `null`: no limit. */
  clipNorm: number | null;
  /** Loss scaling of mixed precision; `null` in 32 bits. */
  lossScale: LossScale | null;
  /** Average of the segmentation network's weights; `null` where none is kept. */
  average: WeightAverage | null;
}

/**
 * Builds the segmentation network, and the discriminator where `adversarial.enabled`, as `config`
 * says. Needs a ready backend.
 *
 * @param options Number of classes, a `model` that takes the segmentation network's place, and the
 * weights of the classes in L_seg.
 * @returns Networks and optimiser states, to be freed with {@linkcode disposeNetworks}.
 * @throws {RangeError} If a name or an option in the config is unknown.
 */
export function createNetworks(
  config: Config,
  options: { classes: number; model?: SegmentationModel; classWeights?: readonly number[] | null },
): Networks {
  const { classes, classWeights = null } = options;
  const { optimizer, loss, adversarial, seed } = config;
  const architecture = { ...config.model, inputChannels: config.data.channels };
  const built = options.model ?? buildModel(architecture, { classes, seed });
  const frozen = freezeLayers(built, config.model.freeze);
  const model = frozen.size === 0 ? built : { ...built, frozen };
  const decay = optimizer.weightDecayOn === "all" ? "all" : "kernels";
  const lrFactor = headRate(model, optimizer.headLrFactor);
  const parameters = parametersOf(model.layers, { decay, frozen, lrFactor });
  return {
    segmentation: {
      model,
      parameters,
      optimizer: optimizers.get(optimizer.name).create(parameters, optimizer),
    },
    discriminator: adversarial.enabled
      ? createDiscriminator(adversarial, { classes, seed, imageChannels: config.data.channels })
      : null,
    losses: loss.terms.map((term) => (
      { loss: segmentationLosses.get(term.name), weight: term.weight, options: term }
    )),
    classWeights,
    auxWeight: loss.auxWeight,
    temperatures: temperaturesOf(config),
    clipNorm: optimizer.clipNorm,
    lossScale: config.train.precision === "mixed" ? new LossScale() : null,
    average: averageOf(model, config.train),
  };
}

function averageOf(
  { layers }: SegmentationModel,
  { ema, emaTau }: Config["train"],
): WeightAverage | null {
  return ema === null ? null : new WeightAverage(layers, { decay: ema, tau: emaTau });
}

/** What the learning rate of each layer is multiplied by. */
function headRate(
  { name, architecture }: SegmentationModel,
  factor: number,
): (layer: string) => number {
  if (factor === 1) return () => 1;
  const entry = networks.find(architecture?.name ?? "");
  if (entry !== undefined) return (layer) => backboneStage(entry, layer) === null ? factor : 1;
  throw new RangeError(
    `Cannot train "${name}" with optimizer.headLrFactor ${factor}: it is no network of the ` +
      "registry, so that its head is unknown; set optimizer.headLrFactor to 1",
  );
}

function createDiscriminator(
  config: AdversarialConfig,
  { imageChannels, ...options }: { classes: number; seed: number; imageChannels: number },
): DiscriminatorState {
  const model = buildDiscriminator({ ...config.discriminator, imageChannels }, options);
  const parameters = parametersOf(model.layers, { decay: "all" });
  const { beta1, beta2, eps } = config.discriminator;
  const optimizer = adam.create(parameters, { beta1, beta2, eps });
  return { model, parameters, optimizer, loss: adversarialLosses.get(config.loss), config };
}

/** Runs `use` with the averaged weights in the segmentation network, where an average is kept. */
export async function withAverage<T>(
  { average }: Pick<Networks, "average">,
  use: () => Promise<T>,
): Promise<T> {
  average?.swap();
  try {
    return await use();
  } finally {
    average?.swap();
  }
}

/** Frees the optimiser states, D, and the segmentation network unless the caller keeps it. */
export function disposeNetworks(networks: Networks, options: { keepModel: boolean }): void {
  networks.segmentation.optimizer.dispose();
  networks.lossScale?.dispose();
  networks.average?.dispose();
  if (!options.keepModel) networks.segmentation.model.layers.dispose();
  networks.discriminator?.optimizer.dispose();
  networks.discriminator?.model.layers.dispose();
}

/**
 * Number of all weights of a model, moving statistics included.
 *
 * @param layers Names of the layers whose weights count. @default all
 */
export function parameterCount(model: tf.LayersModel, layers?: ReadonlySet<string>): number {
  return model.layers.filter(({ name }) => layers?.has(name) ?? true)
    .flatMap((layer) => layer.weights)
    .reduce((sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]), 0);
}
