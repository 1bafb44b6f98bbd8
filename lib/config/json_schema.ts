/**
 * The configuration's JSON Schema, for editors and other tools.
 *
 * @module
 */
import { z } from "zod";
import { datasetReaders } from "../data/registry.ts";
import { presets } from "./presets.ts";
import { configSchema } from "./schema.ts";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { [keyword: string]: unknown };

/**
 * JSON Schema of a configuration file: types, ranges, defaults, sentences, and the names that are
 * registered now. Editors complete and check a YAML file that starts with
 * `# yaml-language-server: $schema=segadv.schema.json`.
 *
 * @example
 * ```ts
 * import { jsonSchema } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const { properties } = jsonSchema() as { properties: Record<string, { type: string }> };
 * assert.equal(properties.train?.type, "object");
 * ```
 */
export function jsonSchema(): JsonSchema {
  const { properties, ...schema } = z.toJSONSchema(configSchema(), {
    io: "input",
    override({ jsonSchema }) {
      // zod writes the range of safe integers out, which helps nobody
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as Node;
  addNames(properties!.data, { key: "dataset", names: datasetReaders.names });
  const preset = {
    description: "Preset to start from; the file's own values go over it.",
    enum: [...presets.keys()],
  };
  const whole = { ...schema, title: "segadv configuration", properties: { preset, ...properties } };
  return withDefinitions(whole);
}

/** Properties with less JSON than this are repeated rather than defined once. */
const DEFINED_FROM = 1000;

/**
 * Moves large properties that stand at several places to `$defs`: a section within one that names an
 * entry would otherwise be written out once for each entry.
 */
function withDefinitions(schema: Node): Node {
  const places = new Map<string, number>();
  visitProperties(schema, (_, json) => void places.set(json, (places.get(json) ?? 0) + 1));
  const $defs: Record<string, unknown> = {};
  const taken = new Map<string, string>();
  visitProperties(schema, (name, json) => {
    if (json.length < DEFINED_FROM || places.get(json) === 1) return undefined;
    if (name in $defs && taken.get(name) !== json) return undefined; // another of that name
    taken.set(name, json);
    const { description, default: fallback, ...definition } = JSON.parse(json);
    $defs[name] = definition;
    return { description, default: fallback, $ref: `#/$defs/${name}` };
  });
  return Object.keys($defs).length === 0 ? schema : { ...schema, $defs };
}

/** Calls `visit` for every property of every object below, and puts what it returns in its place. */
function visitProperties(
  node: unknown,
  visit: (name: string, json: string) => Node | undefined,
): void {
  if (typeof node !== "object" || node === null) return;
  const { properties } = node as Node;
  for (const [name, value] of Object.entries(properties ?? {})) {
    const replaced = visit(name, JSON.stringify(value));
    if (replaced !== undefined) properties![name] = replaced;
  }
  for (const value of Object.values(node)) visitProperties(value, visit);
}

interface Node extends JsonSchema {
  properties?: Record<string, Node>;
}

function addNames(
  section: Node | undefined,
  { key, names }: { key: string; names: Iterable<string> },
): void {
  section!.properties![key]!.enum = [...names];
}
