/**
 * The configuration: one {@linkcode Config} decides a run. {@linkcode loadConfig} makes it from a
 * preset, a YAML file and single values, and refuses whatever cannot be right.
 *
 * @example
 * ```ts
 * import { configToYaml, loadConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const config = await loadConfig({ preset: "fixtures", overrides: { "train.epochs": 2 } });
 * assert.match(configToYaml(config), /epochs: 2/);
 * ```
 *
 * @module
 */
export type { Config } from "./config.ts";
export type { CheckpointConfig, TrainConfig, ValidationConfig } from "./run_config.ts";
export type { DataConfig, NormalizeConfig } from "../data/data_config.ts";
export type { AugmentationConfig } from "../data/transforms/augmentations/augmentation.ts";
export type { AdversarialConfig } from "../losses/adversarial/adversarial_config.ts";
export type { LossConfig, LossTerm } from "../losses/segmentation/loss_config.ts";
export type { DiscriminatorConfig } from "../models/discriminators/registry.ts";
export type { InferenceConfig } from "../models/inference/inference_options.ts";
export type { ModelConfig } from "../models/model_config.ts";
export type { OptimizerConfig } from "../optim/optimizer_config.ts";
export type { ScheduleConfig } from "../optim/schedule_config.ts";
export type { Size } from "../util/schema.ts";
export { ConfigError, type ConfigIssue } from "./config_error.ts";
export { type JsonSchema, jsonSchema } from "./json_schema.ts";
export { loadConfig, type LoadConfigOptions } from "./load.ts";
export { type Preset, presets } from "./presets.ts";
export { backendChoices, configKeys, configSchema, defaultConfig } from "./schema.ts";
export { configToYaml } from "./yaml.ts";
export { validateConfig } from "./validate.ts";
