/**
 * What computed a result, by version.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import manifest from "../../deno.json" with { type: "json" };
import { runtimeName } from "../backend/doctor.ts";

/** Versions of everything that has a say in a run's bits. */
export interface Versions {
  /** This package. */
  segadv: string;
  tfjs: string;
  /** Such as `deno 2.9.6`. */
  runtime: string;
}

/**
 * Versions in use.
 *
 * @example
 * ```ts
 * import { versions } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * assert.match(versions().runtime, /^(deno|bun|node) \d/);
 * ```
 */
export function versions(): Versions {
  return { segadv: manifest.version, tfjs: tf.version_core, runtime: runtimeName() };
}
