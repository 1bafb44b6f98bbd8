import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonSchema } from "../../lib/config/json_schema.ts";

interface Node {
  enum?: unknown[];
  const?: unknown;
  oneOf?: Node[];
  type?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  additionalProperties?: boolean;
  properties: Record<string, Node>;
}

test("jsonSchema() knows types, ranges and the names that are registered", () => {
  const { properties } = jsonSchema() as unknown as Node;
  const { data, model, optimizer, adversarial, seed, preset } = properties;
  const names = (section: Node | undefined, key = "name"): unknown[] =>
    section!.oneOf!.map(({ properties }) => properties[key]!.const);
  for (const entry of optimizer!.oneOf!) {
    assert.equal(entry.properties.lr!.exclusiveMinimum, 0);
  }
  assert.equal(seed!.maximum, 2 ** 32 - 1);
  assert.equal(data!.properties.batch!.type, "integer");
  assert.equal(data!.properties.batch!.maximum, undefined);
  assert.ok(data!.properties.dataset!.enum!.includes("voc"));
  assert.ok(names(model).includes("fcn8s-vgg16"));
  assert.ok(names(adversarial, "loss").includes("lsgan"));
  assert.ok(preset!.enum!.includes("fixtures"));
  assert.equal(data!.properties.dir!.enum, undefined);
});

test("jsonSchema() refuses unknown keys in every section", () => {
  const { properties, additionalProperties } = jsonSchema() as unknown as Node;
  const sections = Object.values(properties)
    .flatMap((one) => one.oneOf ?? one)
    .filter(({ type }) => type === "object");
  assert.ok(sections.length > 20, `${sections.length} sections`);
  assert.ok([additionalProperties, ...sections.map((one) => one.additionalProperties)]
    .every((allowed) => allowed === false));
});

test("jsonSchema() defines once what every adversarial loss has", () => {
  const { properties, $defs } = jsonSchema() as unknown as Node & { $defs: Record<string, Node> };
  const found = properties.adversarial!.oneOf!.map((loss) => loss.properties.discriminator);
  for (const one of found) assert.equal((one as { $ref?: string }).$ref, "#/$defs/discriminator");
  assert.deepEqual(Object.keys($defs), ["discriminator"]);
  assert.ok($defs.discriminator!.oneOf!.length >= 5);
});
