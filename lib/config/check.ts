import type { Config } from "./config.ts";
import { configSchema } from "./schema.ts";
import { describeIssue } from "../util/describe_issue.ts";
import { describeUnknownKey } from "./keys.ts";
import { brokenNames } from "./names.ts";
import { brokenRules } from "./rules.ts";
import type { Path } from "./layer.ts";

/** A fault with the path of the key it is about. */
export interface FoundIssue {
  path: Path;
  message: string;
  /** Whether the key itself is wrong, and not its value. */
  at: "key" | "value";
}

/** Parses a configuration and finds every fault; `config` is null where it has no right shape. */
export function checkConfig(input: unknown): { config: Config | null; issues: FoundIssue[] } {
  const parsed = configSchema.safeParse(input, { error: describeIssue });
  if (!parsed.success) {
    // Of several faults of one value the last is ours, such as a range inside the safe integers
    const issues = new Map(parsed.error.issues.flatMap(found).map((one) => [one.path.join(), one]));
    return { config: null, issues: [...issues.values()] };
  }
  const broken = [...brokenNames(parsed.data), ...brokenRules(parsed.data)];
  const issues = broken.map(({ key, message }) => (
    { path: key.split("."), message, at: "value" as const }
  ));
  return { config: parsed.data, issues };
}

type SchemaIssue = NonNullable<
  ReturnType<typeof configSchema.safeParse>["error"]
>["issues"][number];

function found(issue: SchemaIssue): FoundIssue[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: issue.path, message: issue.message, at: "value" }];
  }
  return issue.keys.map((name) => ({
    path: [...issue.path, name],
    message: describeUnknownKey(issue.path.join("."), name),
    at: "key",
  }));
}
