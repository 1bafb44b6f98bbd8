/**
 * The configuration room: one {@linkcode Config} decides a run. {@linkcode loadConfig} makes it
 * from a preset, a YAML file and single values, and refuses whatever cannot be right.
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
export type {
  AdversarialConfig,
  AugmentConfig,
  CheckpointConfig,
  Config,
  DataConfig,
  DiscriminatorConfig,
  GeneratorConfig,
  ModelConfig,
  NormalizeConfig,
  Range,
  Size,
  TrainConfig,
  ValidationConfig,
} from "./config.ts";
export { ConfigError, type ConfigIssue } from "./config_error.ts";
export { configKeys } from "./config_keys.ts";
export { defaultConfig } from "./default_config.ts";
export { type JsonSchema, jsonSchema } from "./json_schema.ts";
export { loadConfig, type LoadConfigOptions } from "./load.ts";
export { nearest } from "../util/nearest.ts";
export { type Preset, presets } from "./presets.ts";
export { backendChoices, configSchema } from "./schema.ts";
export { configToYaml } from "./to_yaml.ts";
export { validateConfig } from "./validate.ts";
