/**
 * Checks a whole configuration before anything is built from it.
 *
 * @module
 */
import type { z } from "zod";
import { describeIssue, nameList, nearest } from "../util/describe_issue.ts";
import { unknownOption } from "../util/registry.ts";
import { keysOf } from "../util/schema.ts";
import { entryOf, sectionAt, sectionKeys, type SectionSpec } from "../util/section.ts";
import type { Config } from "./config.ts";
import { keyOf, type Path } from "./layers.ts";
import { brokenRules, type ConfigRule } from "./rules.ts";
import { configSchema, configSection } from "./schema.ts";

/** A fault with the path of the key it is about. */
export interface FoundIssue {
  path: Path;
  message: string;
  /** Whether the key itself is wrong, and not its value. */
  at: "key" | "value";
}

/**
 * Parses a configuration and finds every fault; `config` is null where it has no right shape.
 *
 * @param rules Rules beside those that hold everywhere; their faults come first.
 */
export function checkConfig(
  input: unknown,
  rules: readonly ConfigRule[],
): { config: Config | null; issues: FoundIssue[] } {
  const parsed = configSchema().safeParse(input, { error: describeIssue });
  if (!parsed.success) {
    // Of several faults of one value the last is ours, such as a range inside the safe integers
    const faults = parsed.error.issues.flatMap((issue) => found(issue, input));
    return {
      config: null,
      issues: [...new Map(faults.map((one) => [keyOf(one.path), one])).values()],
    };
  }
  const broken = [...rules, brokenRules].flatMap((rule) => [...rule(parsed.data)]);
  const issues = broken.map(({ key, message }) => (
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
 * Says that a key does not exist and which one was probably meant.
 *
 * @param path Of the key, from the root.
 * @param around The value of the section around it, which may name an entry.
 */
function describeUnknownKey(path: readonly PropertyKey[], around: unknown): string {
  const name = String(path.at(-1));
  const parent = path.slice(0, -1);
  const spec = sectionAt(configSection, parent);
  const option = spec && misplacedOption(spec, { name, around });
  if (option != null) return option;
  const meant = meantKeys(name, { parent, spec });
  if (meant.length > 0) return `unknown key; did you mean ${meant.join(" or ")}?`;
  const known = spec === null ? [] : childrenOf(spec);
  const prefix = parent.length === 0 ? "known keys" : `${parent.join(".")} has`;
  const all = parent.length === 0 ? ["preset", ...known] : known;
  return `unknown key; ${prefix}: ${all.join(", ")}`;
}

/** An option of another entry than the one that the section names. */
function misplacedOption(
  spec: SectionSpec,
  { name, around }: { name: string; around: unknown },
): string | null {
  const entry = entryOf(spec, around);
  if (spec.entry === null || entry === null) return null;
  const takes = ({ options }: { options?: Parameters<typeof keysOf>[0] }) =>
    options !== undefined && keysOf(options).includes(name);
  const others = [...spec.entry.registry].filter(takes).map((other) => other.name);
  if (others.length === 0) return null;
  const own = entry.options === undefined ? [] : keysOf(entry.options);
  return `${unknownOption(name, { name: entry.name, options: own })}; it is one of ` +
    nameList(others);
}

function meantKeys(
  name: string,
  { parent, spec }: { parent: readonly PropertyKey[]; spec: SectionSpec | null },
): string[] {
  const prefix = parent.map((part) => `${String(part)}.`).join("");
  const children = spec === null ? [] : childrenOf(spec);
  const sibling = nearest(name, parent.length === 0 ? ["preset", ...children] : children);
  if (sibling !== null) return [prefix + sibling];
  const all = sectionKeys(configSection);
  const last = (key: string): string => key.slice(key.lastIndexOf(".") + 1);
  const namesakes = all.filter((key) => last(key) === name);
  if (namesakes.length > 0) return namesakes;
  const near = nearest(name, new Set(all.map(last)));
  return all.filter((key) => last(key) === near);
}

/** Names directly below a section. */
function childrenOf(spec: SectionSpec): string[] {
  return [...new Set(sectionKeys(spec).map((key) => key.split(".")[0]!))];
}
