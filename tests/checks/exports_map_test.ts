import assert from "node:assert/strict";
import { test } from "node:test";
import { checkExportsMaps } from "../../tasks/checks/exports_map.ts";
import { places, treeOf } from "./_tree_file.ts";

const root = { name: "@a/a", version: "0.1.0", exports: { ".": "./mod.ts", "./b": "./lib/b.ts" } };
const cli = { name: "@a/cli", version: "0.1.0", exports: "./mod.ts" };
const paths = { "@a/a": ["./mod.ts"], "@a/a/b": ["./lib/b.ts"] };
const tree: Record<string, unknown> = {
  "deno.json": root,
  "package.json": root,
  "tsconfig.json": { compilerOptions: { paths } },
  "cli/deno.json": cli,
  "cli/package.json": { ...cli, exports: { ".": "./mod.ts" } },
  "mod.ts": "",
  "lib/b.ts": "",
  "cli/mod.ts": "",
};

function check(changes: Record<string, unknown>): string[] {
  const files = Object.entries({ ...tree, ...changes }).filter(([, value]) => value !== undefined)
    .map(([path, value]) => [path, JSON.stringify(value)]);
  return places(checkExportsMaps(treeOf(Object.fromEntries(files))));
}

test("checkExportsMaps() accepts manifests that agree", () => {
  assert.deepEqual(check({}), []);
});

test("checkExportsMaps() finds a subpath that one manifest lacks", () => {
  const exports = { ".": "./mod.ts" };
  assert.deepEqual(check({ "package.json": { ...root, exports } }), ["package.json"]);
  assert.deepEqual(check({ "tsconfig.json": {} }), ["tsconfig.json", "tsconfig.json"]);
});

test("checkExportsMaps() finds an export of a missing file", () => {
  assert.deepEqual(check({ "lib/b.ts": undefined }), ["deno.json"]);
});

test("checkExportsMaps() finds versions and names that differ", () => {
  assert.deepEqual(check({ "cli/deno.json": { ...cli, version: "0.2.0" } }), ["deno.json"]);
  assert.deepEqual(check({ "cli/package.json": { ...cli, name: "@a/b" } }), ["cli/package.json"]);
});
