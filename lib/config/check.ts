/**
 * Checks a whole configuration before anything is built from it.
 *
 * @module
 */
import type { z } from "zod";
import { describeIssue } from "../util/describe_issue.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { keyOf, type Path } from "./layers.ts";
import { brokenRules } from "./rules.ts";
import { configSchema } from "./schema.ts";
import { describeUnknownKey } from "./unknown_key.ts";

/** A fault with the path of the key it is about. */
export interface FoundIssue {
  path: Path;
  message: string;
  /** Whether the key itself is wrong, and not its value. */
  at: "key" | "value";
}

/** Parses a configuration and finds every fault; `config` is null where it has no right shape. */
export function checkConfig(input: unknown): { config: Config | null; issues: FoundIssue[] } {
  const parsed = configSchema().safeParse(input, { error: describeIssue });
  if (!parsed.success) {
    // Of several faults of one value the last is ours, such as a range inside the safe integers
    const faults = parsed.error.issues.flatMap((issue) => found(issue, input));
    return {
      config: null,
      issues: [...new Map(faults.map((one) => [keyOf(one.path), one])).values()],
    };
  }
  const issues = [...brokenRules(parsed.data)].map(({ key, message }) => (
    { path: key.split("."), message, at: "value" as const }
  ));
  return { config: parsed.data, issues };
}

function found(issue: z.core.$ZodIssue, input: unknown): FoundIssue[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: issue.path, message: issue.message, at: "value" }];
  }
  let around: unknown = input;
  for (const name of issue.path) around = (around as Record<PropertyKey, unknown> | null)?.[name];
  return issue.keys.map((name) => {
    const path = [...issue.path, name];
    return { path, message: describeUnknownKey(path, around), at: "key" };
  });
}

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
 * assert.throws(() => validateConfig(broken), /data\.crop: expected multiples of 32/);
 * ```
 */
export function validateConfig(config: Config): void {
  const { issues } = checkConfig(config);
  if (issues.length > 0) {
    throw new ConfigError(issues.map(({ path, message }) => ({
      key: keyOf(path),
      message,
      where: null,
    })));
  }
}
