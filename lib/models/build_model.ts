/**
 * Builds a segmentation network by name.
 *
 * @module
 */
import { assemble } from "./builders/tfjs_builder.ts";
import { checkArchitecture } from "./check_architecture.ts";
import type { ModelConfig } from "./model_config.ts";
import { networks } from "./registry.ts";
import type { ArchitectureOptions, SegmentationModel } from "./segmentation_model.ts";
import { trainingBuilder } from "./builders/training_builder.ts";
import { seededWeights, type WeightSource } from "./builders/weight_source.ts";

/**
 * Builds the network that `config` names, with weights drawn from `seed` (`config.init` is the
 * caller's business: see the weight readers). Needs a ready backend.
 *
 * @returns A model that owns its weights: dispose with `model.layers.dispose()`.
 * @throws {RangeError} If no network has the name or an option is out of range.
 *
 * @example
 * ```ts
 * import { buildModel, defaultConfig, tf, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const config = { ...defaultConfig().model, name: "fcn8s-vgg16", width: 1 / 16 };
 * const model = buildModel(config, { classes: 3, seed: 1 });
 * const logits = tf.tidy(() => model.layers.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor);
 * assert.deepEqual(logits.shape, [1, 32, 32, 3]);
 * ```
 */
export function buildModel(
  config: ModelConfig,
  options: { classes: number; seed: number },
): SegmentationModel {
  const architecture = architectureOptions(config, options.classes);
  return buildNetwork(architecture, seededWeights(options.seed));
}

/** The part of a config that decides the architecture, with `upsampleOrder: auto` resolved. */
export function architectureOptions(config: ModelConfig, classes: number): ArchitectureOptions {
  const { upsampleOrder, init: _, initStrict: _strict, followInit: _follow, ...options } = config;
  const order = upsampleOrder === "auto" ? networks.get(config.name).upsampleOrder : upsampleOrder;
  return { ...options, upsampleOrder: order, classes };
}

/**
 * Builds a network from its architecture, with weights from `source`.
 *
 * @throws {RangeError} If no network has the architecture's name or an option is out of range.
 */
export function buildNetwork(
  architecture: ArchitectureOptions,
  source: WeightSource,
): SegmentationModel {
  const entry = networks.get(architecture.name);
  checkArchitecture(architecture);
  const builder = trainingBuilder(source);
  const layers = assemble(
    { name: entry.name, builder },
    (builder) => entry.build(builder, architecture),
  );
  const { name, logitStride, inputMultiple, stages } = entry;
  const { classes, upsampleOrder } = architecture;
  return {
    name,
    layers,
    classes,
    logitStride,
    upsampleOrder,
    inputMultiple,
    stages,
    architecture,
  };
}
