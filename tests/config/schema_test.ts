import assert from "node:assert/strict";
import { test } from "node:test";
import { configSchema } from "../../lib/config/schema.ts";
import { jsonSchema } from "../../lib/config/json_schema.ts";

test("configSchema() fills an empty configuration with the thesis' defaults", () => {
  const config = configSchema().parse({});
  assert.equal(config.optimizer.lr, 5e-3);
  assert.equal(config.adversarial.discriminator.lr, 1e-7);
  assert.deepEqual(config.data.crop, [416, 416]);
  assert.equal(config.adversarial.enabled, true);
  assert.deepEqual(configSchema().parse(config), config);
});

test("configSchema() gives defaults that are not shared", () => {
  configSchema().parse({}).data.augment[0]!.rotate = 7;
  assert.equal(configSchema().parse({}).data.augment[0]!.rotate, 10);
});

interface Node {
  description?: string;
  default?: unknown;
  const?: unknown;
  properties?: Record<string, Node>;
  oneOf?: Node[];
  $ref?: string;
  $defs?: Record<string, Node>;
}

test("configSchema() describes every field in a sentence and gives it a default", () => {
  const fields: string[] = [];
  const { $defs = {}, ...schema } = jsonSchema() as Node;
  const visit = (node: Node, name: string): void => {
    assert.match(node.description ?? "", /^\S.*[.)\]]$/s, name);
    if (name !== "preset" && node.const === undefined) assert.ok("default" in node, name);
    const defined = node.$ref === undefined ? node : $defs[node.$ref.replace("#/$defs/", "")]!;
    const children = [defined, ...defined.oneOf ?? []].flatMap(({ properties }) => (
      Object.entries(properties ?? {})
    ));
    if (children.length === 0) fields.push(name);
    for (const [key, child] of children) visit(child, key);
  };
  visit(schema, "configuration");
  assert.ok(new Set(fields).size >= 60, `${fields.length} fields`);
});

const OPTIONS: [key: string, values: unknown[], network?: string][] = [
  ["model.upsampleOrder", ["auto", "logits", "probabilities"]],
  ["model.variant", ["v1", "v1.5"], "resnet50"],
  ["model.padding", ["same", 100]],
  ["optimizer.weightDecayOn", ["kernels", "all"]],
  ["optimizer.decoupled", [true, false]],
  ["adversarial.discriminator.lastStride", [1, 2]],
  ["adversarial.discriminator.output", ["sigmoid", "linear"]],
  ["adversarial.discriminator.lossResolution", ["input", "own"]],
  ["adversarial.enabled", [true, false]],
  ["adversarial.lgTiming", ["before", "after"]],
  ["adversarial.validMask", ["error", "output"]],
  ["adversarial.maskInputs", [true, false]],
];
for (const [key, values, network] of OPTIONS) {
  test(`configSchema() takes each reading of ${key} that the method allows, and no other`, () => {
    const at = (value: unknown): object =>
      key.split(".").reduceRight<unknown>((below, name) => ({ [name]: below }), value) as object;
    const names = network === undefined ? {} : { name: network };
    const whole = (value: unknown): Record<string, object> => {
      const [[section, keys]] = Object.entries(at(value)) as [[string, object]];
      return { [section]: { ...names, ...keys } };
    };
    for (const value of values) configSchema().parse(whole(value));
    assert.equal(configSchema().safeParse(whole("other")).success, false);
  });
}

test("configSchema() takes the own options of each entry of a list", () => {
  const terms = [{ name: "ce" }, { name: "dice", weight: 0.5, smooth: 0 }];
  assert.deepEqual(configSchema().parse({ loss: { terms } }).loss.terms, [
    { name: "ce", weight: 1 },
    { name: "dice", weight: 0.5, smooth: 0 },
  ]);
  const misplaced = [{ name: "ce", smooth: 0 }];
  assert.equal(configSchema().safeParse({ loss: { terms: misplaced } }).success, false);
});
