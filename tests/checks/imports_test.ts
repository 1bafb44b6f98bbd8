import assert from "node:assert/strict";
import { test } from "node:test";
import { checkImports, describeImports, importsOf } from "../../tasks/checks/imports.ts";
import { places, treeOf } from "./_tree_file.ts";

test("importsOf() finds imports of every kind, and nothing in comments, strings or examples", () => {
  const source = `
    /** @example \`\`\`ts
     * import { no } from "./comment.ts";
     * \`\`\` */
    import "./a.ts";
    import b, { type B, from as f } from "./b.ts";
    import type { C } from './c.ts';
    import * as d from "./d.ts";
    import json from "./e.json" with { type: "json" };
    export * from "./f.ts";
    export type {
      G,
    } from "./g.ts";
    const h: import("./h.ts").H = await import("./i.ts");
    new Worker(new URL("./j.ts", import.meta.url));
    export { b };
    export function g(): string { return 'import "./no.ts"' + \`import "./no.ts" \${d}\`; }
    x.import("./no.ts"); import.meta.resolve("./no.ts"); new URL("./no.ts", base);
    const from = "./no.ts";`;
  const names = ["a.ts", "b.ts", "c.ts", "d.ts", "e.json", "f.ts", "g.ts", "h.ts", "i.ts", "j.ts"];
  assert.deepEqual(importsOf(source).map(({ path }) => path), names.map((name) => `./${name}`));
  assert.equal(importsOf(source)[0]!.line, 5);
});

test("checkImports() accepts imports of lower layers and of private neighbours", () => {
  const report = checkImports(treeOf({
    "deno.json": '{"name": "@a/a", "exports": {".": "./mod.ts", "./train": "./lib/train/a.ts"}}',
    "mod.ts": 'export * from "./lib/train/a.ts";',
    "cli/main.ts": 'import "@a/a"; import "@a/a/train"; import "node:fs"; import "zod";',
    "lib/train/a.ts": 'import "./_b.ts"; import "../util/c.ts";',
    "lib/train/_b.ts": 'import "../engine/webgpu/d.ts";',
    "lib/engine/webgpu/d.ts": 'import "../tape.ts";',
    "lib/engine/tape.ts": 'import "../util/c.ts";',
    "lib/util/c.ts": "",
    "tests/train/a_test.ts": 'import "../../tasks/b.ts";',
    "tasks/b.ts": 'import "../mod.ts";',
  }));
  assert.deepEqual(report.problems, []);
  assert.equal(describeImports(report), "imports: 0 cycles, 0 upward, 0 foreign private");
});

test("checkImports() fails on an import of a higher layer, also of a type only", () => {
  const report = checkImports(treeOf({
    "deno.json": '{"name": "@a/a", "exports": {".": "./mod.ts"}}',
    "mod.ts": "",
    "lib/engine/tape.ts": '\nimport type { A } from "./webgpu/a.ts";',
    "lib/engine/webgpu/a.ts": "",
    "lib/train/a.ts": 'export { b } from "../report/b.ts";',
    "lib/report/b.ts": 'import { c } from "@a/a";',
    "lib/util/d.ts": 'new Worker(new URL("../../cli/main.ts", import.meta.url));',
    "cli/main.ts": "",
  }));
  assert.deepEqual(places(report.problems), [
    "lib/engine/tape.ts:2",
    "lib/train/a.ts:1",
    "lib/report/b.ts:1",
    "lib/util/d.ts:1",
  ]);
  assert.equal(describeImports(report), "imports: 0 cycles, 4 upward, 0 foreign private");
});

test("checkImports() fails on a cycle of files, also by types, import() and workers", () => {
  const report = checkImports(treeOf({
    "lib/train/a.ts": 'import type { B } from "./b.ts";',
    "lib/train/b.ts": 'const c = await import("./c.ts");',
    "lib/train/c.ts": 'new URL("./a.ts", import.meta.url); export * from "./d.ts";',
    "lib/train/d.ts": "",
    "cli/a.ts": 'import "./b.ts";',
    "cli/b.ts": 'import "./a.ts";',
    "lib/util/self.ts": 'new URL("./self.ts", import.meta.url);',
  }));
  assert.deepEqual(report.problems.map(({ message }) => message), [
    "It imports itself: cli/a.ts → cli/b.ts → cli/a.ts",
    "It imports itself: lib/train/a.ts → lib/train/b.ts → lib/train/c.ts → lib/train/a.ts",
    "It imports itself: lib/util/self.ts → lib/util/self.ts",
  ]);
  assert.equal(describeImports(report), "imports: 3 cycles, 0 upward, 0 foreign private");
});

test("checkImports() fails on an import of another folder's private file, by tests too", () => {
  const report = checkImports(treeOf({
    "lib/train/_a.ts": "",
    "lib/train/callbacks/b.ts": 'import "../_a.ts";',
    "tests/train/a_test.ts": 'import "../../lib/train/_a.ts"; import "./_own.ts";',
    "tests/train/_own.ts": "",
  }));
  assert.deepEqual(places(report.problems), [
    "lib/train/callbacks/b.ts:1",
    "tests/train/a_test.ts:1",
  ]);
  assert.equal(describeImports(report), "imports: 0 cycles, 0 upward, 2 foreign private");
});
