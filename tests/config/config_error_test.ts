import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../lib/config/config_error.ts";

test("new ConfigError() puts place, key and message of each fault on a line", () => {
  const error = new ConfigError([
    { where: "a.yaml:1:2", key: "seed", message: "expected a number" },
    { where: null, key: "train.epochs", message: "unknown key" },
    { where: "a.yaml", key: "", message: "there is no such config file" },
    { where: null, key: "", message: "expected key=value" },
  ]);
  assert.equal(
    error.message,
    "a.yaml:1:2 seed: expected a number\ntrain.epochs: unknown key\n" +
      "a.yaml: there is no such config file\nexpected key=value",
  );
  assert.ok(error instanceof RangeError);
  assert.equal(error.name, "ConfigError");
});
