/**
 * The configuration that every preset and file starts from.
 *
 * @module
 */
import type { Config } from "./config.ts";
import { configSchema } from "./schema.ts";

/**
 * All defaults: the thesis' values where it gives one (Table 4-1), a fresh copy each time. It names
 * no data yet.
 *
 * @example
 * ```ts
 * import { defaultConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(defaultConfig().data.crop, [416, 416]);
 * ```
 */
export function defaultConfig(): Config {
  return configSchema.parse({});
}
