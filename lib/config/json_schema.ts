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
  return { ...schema, title: "segadv configuration", properties: { preset, ...properties } };
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
