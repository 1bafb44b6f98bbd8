import assert from "node:assert/strict";
import { test } from "node:test";
import { npmManifest } from "../../tasks/npm/npm_manifest.ts";

const source = {
  name: "@a/b",
  version: "1.2.3",
  license: "Apache-2.0",
  exports: { ".": "./mod.ts", "./x": "./lib/x/mod.ts" },
  dependencies: { "@a/lib": "workspace:*", yaml: "2.9.1" },
};

test("npmManifest() exports the same names, compiled and with types, and pins the other package", () => {
  const made = npmManifest(source, { name: "b", description: "…", optional: { webgpu: "<1" } });
  assert.deepEqual(made.exports, {
    ".": { types: "./mod.d.ts", default: "./mod.js" },
    "./x": { types: "./lib/x/mod.d.ts", default: "./lib/x/mod.js" },
    "./package.json": "./package.json",
  });
  assert.equal(made.name, "b");
  assert.deepEqual(made.dependencies, { "@a/lib": "1.2.3", yaml: "2.9.1" });
  assert.deepEqual(made.peerDependenciesMeta, { webgpu: { optional: true } });
  assert.equal(made.bin, undefined);
});

test("npmManifest() names the program of a package that has one", () => {
  const options = { name: "b", description: "…" };
  const made = npmManifest({ ...source, bin: { segadv: "./mod.ts" } }, options);
  assert.deepEqual(made.bin, { segadv: "bin/segadv.js" });
  assert.equal("peerDependencies" in made, false);
});
