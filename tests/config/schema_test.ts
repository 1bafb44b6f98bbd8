import assert from "node:assert/strict";
import { test } from "node:test";
import { configSchema } from "../../lib/config/schema.ts";
import { jsonSchema } from "../../lib/config/json_schema.ts";

test("configSchema() fills an empty configuration with the thesis' defaults", () => {
  const config = configSchema.parse({});
  assert.equal(config.optimizer.lr, 5e-3);
  assert.equal(config.adversarial.discriminator.lr, 1e-7);
  assert.deepEqual(config.data.crop, [416, 416]);
  assert.equal(config.adversarial.mode, "temperature");
  assert.deepEqual(configSchema.parse(config), config);
});

test("configSchema() gives defaults that are not shared", () => {
  configSchema.parse({}).data.augment.zoom[0] = 7;
  assert.equal(configSchema.parse({}).data.augment.zoom[0], 0.5);
});

interface Node {
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
}

test("configSchema() describes every field in a sentence and gives it a default", () => {
  const fields: string[] = [];
  const visit = (node: Node, name: string): void => {
    assert.match(node.description ?? "", /^\S.*[.)]$/, name);
    if (node.properties === undefined) fields.push(name);
    if (name !== "preset") assert.ok("default" in node, name);
    for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, key);
  };
  visit(jsonSchema() as Node, "configuration");
  assert.ok(fields.length >= 60, `${fields.length} fields`);
});

const OPTIONS: [key: string, values: unknown[]][] = [
  ["model.upsampleOrder", ["auto", "logits", "probabilities"]],
  ["model.variant", ["v1", "v1.5"]],
  ["model.padding", ["same", 100]],
  ["generator.loss", ["ce", "bce-per-class"]],
  ["optimizer.weightDecayOn", ["kernels", "all"]],
  ["optimizer.decoupled", [true, false]],
  ["adversarial.discriminator.lastStride", [1, 2]],
  ["adversarial.discriminator.output", ["sigmoid", "linear"]],
  ["adversarial.discriminator.lossResolution", ["input", "own"]],
  ["adversarial.mode", ["baseline", "adversarial", "temperature"]],
  ["adversarial.lgTiming", ["before", "after"]],
  ["adversarial.validMask", ["error", "output"]],
  ["adversarial.maskInputs", [true, false]],
];
for (const [key, values] of OPTIONS) {
  test(`configSchema() takes each reading of ${key} that the method allows, and no other`, () => {
    const [section = "", name = ""] = key.split(".");
    for (const value of values) configSchema.parse({ [section]: { [name]: value } });
    assert.equal(configSchema.safeParse({ [section]: { [name]: "other" } }).success, false);
  });
}
