/**
 * A configuration of several sources, each over the one before.
 *
 * @module
 */
import { checkConfig } from "./check.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { keyOf, merge, overridesLayer, ownerOf, plainLayer } from "./layers.ts";
import type { PartialConfig } from "./define_preset.ts";
import { type Preset, presets } from "./presets.ts";
import type { ConfigRule } from "./rules.ts";
import { unknownName } from "../util/describe_issue.ts";
import { type YamlLayer, yamlLayer } from "./yaml.ts";

/** Sources of a configuration beside a file. */
export interface ConfigSources {
  /** Name of the preset to start from; a YAML file may name one as `preset: NAME` itself. */
  preset?: string | undefined;
  /** Single values: `["optimizer.lr=0.01"]`, or `{ "optimizer.lr": 0.01 }`, or nested sections. */
  overrides?: Readonly<Record<string, unknown>> | readonly string[] | undefined;
}

/**
 * Makes a whole configuration: defaults, then the preset, the file and the overrides.
 *
 * @param rules Rules beside those that hold everywhere.
 * @throws {ConfigError} If a value is wrong; it lists every fault.
 */
export function composeConfig(
  sources: ConfigSources & {
    file: YamlLayer | null;
    /** What lies between the preset and the file. */
    fitted?: PartialConfig;
  },
  rules: readonly ConfigRule[],
): Config {
  const { file, fitted } = sources;
  const preset = findPreset(sources);
  const layers = [
    ...(preset === null ? [] : [plainLayer(preset.config)]),
    ...(fitted === undefined ? [] : [plainLayer(fitted)]),
    ...(file === null ? [] : [file]),
    ...(sources.overrides === undefined ? [] : [overridesLayer(sources.overrides)]),
  ];
  let merged: Record<string, unknown> = {};
  for (const { tree } of layers) merged = merge(merged, tree);
  const { config, issues } = checkConfig(merged, rules);
  if (config !== null && issues.length === 0) return config;
  throw new ConfigError(issues.map(({ path, message, at }) => ({
    key: keyOf(path),
    message,
    where: layers[ownerOf(layers, path)]?.where(path, at) ?? null,
  })));
}

/**
 * A configuration of a preset, a YAML text and single values, without the rules between a reader and its
 * folder: what a page does with a configuration, it does with pictures that the user picked.
 *
 * @throws {ConfigError} If a value is wrong; each line of the message names its place and key.
 *
 * @example
 * ```ts
 * import { parseConfig } from "@segadv/segadv/browser";
 * import assert from "node:assert/strict";
 *
 * const { train } = parseConfig({ preset: "fixtures", yaml: "train: { epochs: 3 }" });
 * assert.equal(train.epochs, 3);
 * ```
 */
export function parseConfig(
  { yaml, label = "config.yaml", ...sources }: ConfigSources & {
    yaml?: string | undefined;
    /** Name of the text in error messages. @default "config.yaml" */
    label?: string;
  } = {},
): Config {
  const file = yaml === undefined ? null : yamlLayer(yaml, label);
  return composeConfig({ ...sources, file }, []);
}

/**
 * The preset that a configuration starts from; `null` where none is named.
 *
 * @throws {ConfigError} If there is no preset of that name.
 */
export function findPreset(
  { preset, file }: Pick<ConfigSources, "preset"> & { file: YamlLayer | null },
): Preset | null {
  const name = preset ?? file?.preset ?? null;
  if (name === null) return null;
  const found = presets.get(name);
  if (found !== undefined) return found;
  const where = preset === undefined ? file?.where(["preset"], "value") ?? null : null;
  throw new ConfigError([{ key: "preset", where, message: unknownName(name, presets.keys()) }]);
}
