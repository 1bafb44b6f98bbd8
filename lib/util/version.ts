/**
 * What computed a result, by version.
 *
 * @module
 */
import manifest from "../../package.json" with { type: "json" };
import type * as nodeProcess from "node:process";
import { builtin } from "./host.ts";

/** Versions of everything that a run's result depends on. */
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
 * import { versions } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.match(versions().runtime, /^(deno|bun|node) \d/);
 * ```
 */
export function versions(): Versions {
  const { version, dependencies } = manifest;
  // By the exact dependency: asking tfjs itself would load it for whatever imports this folder
  return { segadv: version, tfjs: dependencies["@tensorflow/tfjs"], runtime: runtimeName() };
}

/** Runtime and version, such as `deno 2.9.6`; of a page what its browser says of itself. */
export function runtimeName(): string {
  const versions = builtin<typeof nodeProcess>("node:process")?.versions as
    | Record<string, string | undefined>
    | undefined;
  if (versions === undefined) {
    const brands = globalThis.navigator?.userAgent.match(/(Firefox|Edg|Chrome|Version)\/[\d.]+/g);
    return `browser ${brands?.at(-1) ?? "unknown"}`;
  }
  for (const name of ["deno", "bun"]) {
    if (versions[name] !== undefined) return `${name} ${versions[name]}`;
  }
  return `node ${versions.node}`;
}
