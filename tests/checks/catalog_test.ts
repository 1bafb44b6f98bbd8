import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCatalog } from "../../tasks/checks/catalog.ts";
import { treeOf } from "./_tree_file.ts";

test("checkCatalog() finds a catalog that is older than the registries", () => {
  const files = treeOf({ "cli/catalog.json": '{ "networks": ["fcn8s-vgg16"] }\n' });
  assert.deepEqual(checkCatalog(files, { networks: ["fcn8s-vgg16"] }), []);
  assert.deepEqual(checkCatalog(files, { networks: ["fcn8s-vgg16", "unet"] }), [{
    path: "cli/catalog.json",
    message: "It differs from the registries, presets and schema: deno task build:catalog",
  }]);
  assert.deepEqual(checkCatalog([], {}), []);
});
