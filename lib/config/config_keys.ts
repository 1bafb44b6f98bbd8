/**
 * The names of everything that can be configured.
 *
 * @module
 */
import { defaultLeaves } from "./keys.ts";

/**
 * Every key of a configuration by its dotted name, in the schema's order.
 *
 * @example
 * ```ts
 * import { configKeys } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.ok(configKeys().includes("adversarial.tg"));
 * ```
 */
export function configKeys(): string[] {
  return [...defaultLeaves.keys()];
}
