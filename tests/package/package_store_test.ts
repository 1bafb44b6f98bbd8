import assert from "node:assert/strict";
import { test } from "node:test";
import { PackageStore } from "../support/registry/package_store.ts";

const id = { name: "@a/b", version: "0.1.0" };

function upload(exports: unknown, paths: string[]) {
  const config = { path: "deno.json", bytes: encode(JSON.stringify({ exports })) };
  return {
    config: "/deno.json",
    files: [config, ...paths.map((path) => ({ path, bytes: encode("") }))],
  };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

test("PackageStore.add() keeps a version with its exports in their long form", () => {
  const store = new PackageStore();
  store.add(id, upload("./mod.ts", ["mod.ts"]));
  assert.deepEqual(store.versions("@a/b"), ["0.1.0"]);
  assert.deepEqual(store.find(id)?.exports, { ".": "./mod.ts" });
  assert(store.find(id)?.files.has("/mod.ts"));
});

test("PackageStore.add() refuses a version twice, and a package without what it exports", () => {
  const store = new PackageStore();
  const broken = upload({ ".": "./mod.ts", "./x": "./lib/x.ts" }, ["mod.ts"]);
  assert.throws(() => store.add(id, broken), /exported file \.\/lib\/x\.ts is missing/);
  assert.throws(() => store.add(id, { ...broken, config: "/jsr.json" }), /jsr\.json is missing/);
  store.add(id, upload("./mod.ts", ["mod.ts"]));
  assert.throws(() => store.add(id, upload("./mod.ts", ["mod.ts"])), /it exists already/);
});
