/**
 * Faults of a configuration in one line: what was expected, what was there, and which known name was
 * probably meant.
 *
 * @module
 */
import type { z } from "zod";
import { groupBy } from "./group_by.ts";

/**
 * The candidate nearest to `name` by edit distance (insertions, deletions, replacements and swaps
 * of neighbours, upper case equal to lower), at most two edits in five letters. Failing that, the
 * only candidate that begins with `name`; else `null`. The first of equals wins.
 *
 * @example
 * ```ts
 * import { nearest } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.equal(nearest("epohcs", ["batch", "epochs"]), "epochs");
 * assert.equal(nearest("camvid", ["fixtures", "camvid-small"]), "camvid-small");
 * assert.equal(nearest("colour", ["batch", "epochs"]), null);
 * ```
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const known = [...candidates];
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(name.length * 0.4)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance < Math.max(name.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== null || name.length < 3) return best;
  const longer = known.filter((candidate) => candidate.startsWith(name));
  return longer.length === 1 ? longer[0]! : null;
}

/** Optimal string alignment distance, three rows at a time. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, beforePrevious[j - 2]! + 1);
      row.push(cost);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** zod's words for types, in the words of a configuration file. */
const TYPES: Record<string, string> = {
  number: "a number",
  int: "a whole number",
  string: "a text",
  boolean: "true or false",
  object: "a section of keys",
  array: "a list",
  tuple: "a list",
};

/** Puts a fault that zod found into one line: what was expected and what was there. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  return `${expectation(issue)}, got ${show(inputOf(issue))}${hint(issue)}`;
}

/** A value as the user would write it, cut to one short line. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/**
 * Names with commas between; more than 30 in groups by what stands before and after their first hyphen,
 * as `{unet, fcn}-{resnet18, resnet34}`.
 *
 * @example
 * ```ts
 * import { nameList } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.equal(nameList(["csv", "json"]), "csv, json");
 * const numbers = Array.from({ length: 20 }, (_, i) => String(i));
 * const pairs = ["a", "b"].flatMap((head) => numbers.map((i) => `${head}-${i}`));
 * assert.equal(nameList(["c", ...pairs]), `c, {a, b}-{${numbers.join(", ")}}`);
 * ```
 */
export function nameList(names: readonly string[]): string {
  if (names.length <= 30) return names.join(", ");
  const parts = names.map((name) => {
    const [head = name, ...tail] = name.split("-");
    return { head, tail: tail.join("-") };
  });
  const tails = groupBy(parts, ({ tail }) => tail)
    .map((group) => ({ tail: group[0].tail, heads: group.map(({ head }) => head) }));
  const groups = groupBy(tails, ({ tail, heads }) => tail === "" ? "" : heads.join());
  return groups.flatMap(([{ tail, heads }, ...others]) => {
    if (tail === "") return heads;
    return [`${braces(heads)}-${braces([tail, ...others.map((other) => other.tail)])}`];
  }).join(", ");
}

function braces(items: readonly string[]): string {
  return items.length === 1 ? items[0]! : `{${items.join(", ")}}`;
}

/** Says that a registry has no such name, what it has, and which one was probably meant. */
export function unknownName(name: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = nearest(name, names);
  const hint = meant === null ? "" : `; did you mean ${meant}?`;
  return `expected one of ${nameList(names)}, got "${name}"${hint}`;
}

function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (typeof issue.input === "number" && !Number.isFinite(issue.input)) {
        return "expected a finite number";
      }
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
    case "invalid_union": {
      const values = choicesOf(issue);
      if (values.length === 0) return issue.message ?? "expected another value";
      return `expected ${values.length > 1 ? "one of " : ""}${nameList(values)}`;
    }
    case "too_small":
      if (issue.origin === "string") return "expected a text that is not empty";
      if (issue.origin === "array") return `expected a list of at least ${issue.minimum}`;
      return `expected a number ${issue.inclusive ? "of at least" : "above"} ${issue.minimum}`;
    case "too_big":
      return `expected a number ${issue.inclusive ? "of at most" : "below"} ${issue.maximum}`;
    default:
      return issue.message ?? "expected another value";
  }
}

/** The values that a fault says are allowed. */
function choicesOf(issue: z.core.$ZodRawIssue): string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  // Of a section that takes the options of an entry: the entries' names
  const { options = [] } = issue as { options?: readonly unknown[] };
  return options.filter((option) => option !== undefined).map(String);
}

function hint(issue: z.core.$ZodRawIssue): string {
  const given = inputOf(issue);
  if (typeof given !== "string") return "";
  const meant = nearest(given, choicesOf(issue));
  return meant === null ? "" : `; did you mean ${meant}?`;
}

/** The value at fault: for an entry's name zod gives the section around it. */
function inputOf(issue: z.core.$ZodRawIssue): unknown {
  const { discriminator } = issue as { discriminator?: string };
  if (issue.code !== "invalid_union" || discriminator === undefined) return issue.input;
  return (issue.input as Record<string, unknown> | undefined)?.[discriminator];
}
