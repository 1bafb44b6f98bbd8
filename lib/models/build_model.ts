/**
 * Builds a segmentation network by name.
 *
 * @module
 */
import { assemble } from "./builders/tfjs_builder.ts";
import { seededWeights, type WeightSource } from "./builders/weight_source.ts";
import { type NetworkInput, networks, parseArchitecture } from "./networks/registry.ts";
import type { ArchitectureOptions, SegmentationModel } from "./segmentation_model.ts";
import { trainingBuilder } from "./builders/training_builder.ts";

/**
 * Builds the network that `config` names, with weights drawn from `seed`; `init` is not read, see
 * {@linkcode initializeFrom}. Needs a ready backend.
 *
 * @param config Name and options of the network, such as the section `model`; what is left out
 * takes the network's defaults.
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {RangeError} If no network has the name, or an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { buildModel, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const model = buildModel({ name: "fcn8s-vgg16", width: 1 / 16 }, { classes: 3, seed: 1 });
 * const logits = tf.tidy(() => model.layers.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor);
 * assert.deepEqual(logits.shape, [1, 32, 32, 3]);
 * ```
 */
export function buildModel(
  config: NetworkInput,
  options: { classes: number; seed: number },
): SegmentationModel {
  const architecture = parseArchitecture({ ...config, classes: options.classes });
  return buildNetwork(architecture, seededWeights(options.seed));
}

/**
 * Builds a network from its architecture, with weights from `source`.
 *
 * @throws {RangeError} If no network has the architecture's name.
 */
export function buildNetwork(
  architecture: ArchitectureOptions,
  source: WeightSource,
): SegmentationModel {
  const entry = networks.get(architecture.name);
  const builder = trainingBuilder(source);
  const { name, logitStride, inputMultiple, stages } = entry;
  const layers = assemble({ name, builder }, (builder) => entry.build(builder, architecture));
  const { classes, upsampleOrder } = architecture;
  return {
    name,
    layers,
    classes,
    logitStride,
    upsampleOrder,
    inputMultiple,
    stages,
    auxiliaryStride: entry.auxiliaryStride?.(architecture) ?? null,
    architecture,
  };
}
