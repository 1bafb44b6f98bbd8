/**
 * Sources of configuration values, one laid over the other.
 */
import { parseDocument } from "yaml";
import { sectionAt, type SectionSpec } from "../util/section.ts";
import { ConfigError } from "./config_error.ts";
import { configSection } from "./schema.ts";

/** Names from the root down to a value. */
export type Path = readonly PropertyKey[];

/** A path as it is written in messages: `data.crop[1]`. */
export function keyOf(path: Path): string {
  return path.map((name) => typeof name === "number" ? `[${name}]` : `.${String(name)}`)
    .join("").replace(/^\./, "");
}

/** Whether a value is a section: an object that is not a list. */
export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One source of configuration values: a preset, a file or overrides. */
export interface Layer {
  tree: Record<string, unknown>;
  /** `file:line:column` of a key or of its value, or `null` where there is no file. */
  where(path: Path, at: "key" | "value"): string | null;
}

/** A layer that does not come from a file. */
export function plainLayer(tree: object): Layer {
  return { tree: { ...tree }, where: () => null };
}

/**
 * Lays `upper` over `lower`; an empty section (`null`, as in `model:`) changes nothing. Where `upper`
 * names another entry (network, optimiser …), the own options of the one before go with it.
 */
export function merge(
  lower: Record<string, unknown>,
  upper: Record<string, unknown>,
  path: Path = [],
): Record<string, unknown> {
  const spec = sectionAt(configSection, path);
  // Through a Map and fromEntries, so that a key named __proto__ stays an ordinary key
  const merged = new Map(
    Object.entries(lower).filter(([name]) =>
      keeps(spec, name, {
        lower,
        upper,
      })
    ),
  );
  for (const [name, value] of Object.entries(upper)) {
    const below = merged.get(name);
    if (isSection(below) && value === null) continue;
    const both = isSection(below) && isSection(value);
    merged.set(name, both ? merge(below, value, [...path, name]) : value);
  }
  return Object.fromEntries(merged);
}

/** Whether a key of the lower section still has a meaning under what the upper one names. */
function keeps(
  spec: SectionSpec | null,
  name: string,
  { lower, upper }: { lower: Record<string, unknown>; upper: Record<string, unknown> },
): boolean {
  if (spec === null || spec.entry === null || name in spec.fields) return true;
  const { key, fallback } = spec.entry;
  return upper[key] === undefined || upper[key] === (lower[key] ?? fallback);
}

/** Index of the topmost layer that holds the longest part of `path`; −1 where none does. */
export function ownerOf(layers: readonly Layer[], path: Path): number {
  const depths = layers.map(({ tree }) => depthOf(tree, path));
  return depths.lastIndexOf(Math.max(1, ...depths));
}

/** How many names of `path` exist in `tree`, from the root. */
function depthOf(tree: unknown, path: Path): number {
  let node = tree;
  for (let depth = 0; depth < path.length; depth++) {
    const isHeld = typeof node === "object" && node !== null && Object.hasOwn(node, path[depth]!);
    if (!isHeld) return depth;
    node = (node as Record<PropertyKey, unknown>)[path[depth]!];
  }
  return path.length;
}

/** Keys that hold any text: there `2012` is a name and not a number. */
const FREE_TEXTS: ReadonlySet<string> = new Set([
  "data.dataset",
  "data.dir",
  "data.trainSplit",
  "data.valSplit",
  "model.name",
  "model.init",
  "adversarial.loss",
]);

/** Sections are at most three deep; what is cut off behind this is an unknown key already. */
const MAX_DEPTH = 8;

/** Values laid over everything else: `["optimizer.lr=0.01"]`, or keys, dotted or nested. */
export function overridesLayer(
  overrides: Readonly<Record<string, unknown>> | readonly string[],
): Layer {
  const entries = isList(overrides) ? overrides.map(parseOverride) : Object.entries(overrides);
  let tree: Record<string, unknown> = {};
  for (const [key, value] of entries) tree = merge(tree, nest(key.split(".", MAX_DEPTH), value));
  return plainLayer(tree);
}

function isList(overrides: object): overrides is readonly string[] {
  return Array.isArray(overrides);
}

/** Splits `key=value`; the value is YAML, except where the key holds a text. */
function parseOverride(override: string): [key: string, value: unknown] {
  const equals = override.indexOf("=");
  if (equals < 1) {
    const message = `expected key=value, such as optimizer.lr=0.01, got "${override}"`;
    throw new ConfigError([{ key: "", where: null, message }]);
  }
  const key = override.slice(0, equals).trim();
  const text = override.slice(equals + 1).trim();
  return [key, FREE_TEXTS.has(key) ? textValue(text) : yamlValue(text)];
}

/** A text as it stands, without the quotes it may have in YAML; `null` and `~` mean nothing. */
function textValue(text: string): string | null {
  const value = yamlValue(text);
  const isNothing = value === null && (text === "null" || text === "~");
  return isNothing ? null : typeof value === "string" ? value : text;
}

/** A value in YAML, or the text itself where that is not YAML. */
function yamlValue(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) return text;
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return text; // an alias, which has nothing to stand for here
  }
}

/** `["a", "b"], 1` → `{ a: { b: 1 } }`. */
function nest(names: readonly string[], value: unknown): Record<string, unknown> {
  const leaf = isSection(value) ? { ...value } : value;
  return names.reduceRight<unknown>(
    (below, name) => Object.fromEntries([[name, below]]),
    leaf,
  ) as Record<string, unknown>;
}
