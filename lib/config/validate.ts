/**
 * Checks a whole configuration of a process before anything is built from it.
 *
 * @module
 */
import { checkConfig } from "./check.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { datasetRule } from "./dataset_rule.ts";
import { keyOf } from "./layers.ts";

/**
 * Checks types, ranges, names and the rules between fields: known data set, network and losses,
 * with options that they take; a folder where the reader needs one; a crop that the network can
 * take.
 *
 * @throws {ConfigError} If a field is missing, unknown or wrong; it lists every fault.
 * @example
 * ```ts
 * import { presets, validateConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const { config } = presets.get("fixtures")!;
 * validateConfig(config);
 *
 * const broken = { ...config, data: { ...config.data, crop: [100, 100] as [number, number] } };
 * assert.throws(() => validateConfig(broken), /data\.crop: expected multiples of 16/);
 * ```
 */
export function validateConfig(config: Config): void {
  const { issues } = checkConfig(config, [datasetRule]);
  if (issues.length > 0) {
    throw new ConfigError(issues.map(({ path, message }) => ({
      key: keyOf(path),
      message,
      where: null,
    })));
  }
}
