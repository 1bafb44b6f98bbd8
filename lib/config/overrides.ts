import { parseDocument } from "yaml";
import { ConfigError } from "./config_error.ts";
import { isSection } from "./keys.ts";
import { type Layer, merge, plainLayer } from "./layer.ts";

/** Keys that hold any text: there `2012` is a name and not a number. */
const FREE_TEXTS: ReadonlySet<string> = new Set([
  "data.dataset",
  "data.dir",
  "data.trainSplit",
  "data.valSplit",
  "model.name",
  "model.init",
  "adversarial.game",
]);

/** Sections lie three deep; what is cut off behind this is an unknown key already. */
const MAX_DEPTH = 8;

/** Values laid over everything else: `["generator.lr=0.01"]`, or keys, dotted or nested. */
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
    const message = `expected key=value, such as generator.lr=0.01, got "${override}"`;
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
