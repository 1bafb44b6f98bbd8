/**
 * What is wrong with a configuration, one line a fault.
 *
 * @module
 */
import { printable } from "../util/format.ts";

/** One fault. */
export interface ConfigIssue {
  /** Dotted name, such as `optimizer.lr`; empty for the configuration as a whole. */
  key: string;
  /** What was found and what would be right. */
  message: string;
  /** `file:line:column`, or `null` where the value does not come from a file. */
  where: string | null;
}

/**
 * A configuration that cannot be used. Its message has one line for each of
 * {@linkcode ConfigError.issues}: `run.yaml:4:7 optimizer.lr: expected a number, got "fast"`.
 *
 * @example
 * ```ts
 * import { ConfigError, loadConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(
 *   loadConfig({ preset: "fixtures", overrides: ["optimizer.lr=fast"] }),
 *   (error) => error instanceof ConfigError && error.issues[0]?.key === "optimizer.lr",
 * );
 * ```
 */
export class ConfigError extends RangeError {
  override name = "ConfigError";
  /** The faults, in the order of the configuration. */
  readonly issues: readonly ConfigIssue[];

  /** Makes an error of at least one fault. */
  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(formatIssue).join("\n"));
    this.issues = issues;
  }
}

function formatIssue({ where, key, message }: ConfigIssue): string {
  const place = [where, key].filter((part) => part !== null && part !== "").join(" ");
  return printable(place === "" ? message : `${place}: ${message}`);
}
