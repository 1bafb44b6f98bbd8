import assert from "node:assert/strict";
import { describe, test } from "node:test";
import plugin from "../../tasks/lint/mod.ts";

const skip = "Deno" in globalThis ? false : "deno lint exists in Deno only";

interface Case {
  rule: string;
  file?: string;
  good: string[];
  bad: string[];
}

const cases: Case[] = [
  {
    rule: "error-message",
    good: [
      'throw new Error("Cannot open x: no such file")',
      "throw new RangeError(`The crop must be a multiple of 32: current value is ${x}`)",
      'throw new Error("Cannot read x, because " + reason)',
      'throw new Error("Reading…")',
      "throw new Error(message)",
      'new Thing("Ends in a full stop.")',
    ],
    bad: [
      'throw new Error("Cannot open x.")',
      "throw new TypeError(`Cannot open ${x}. `)",
      'throw new RangeError("Cannot open " + x + ".")',
      "throw new Error(`Cannot open\n${x} at all\nnow`)",
    ],
  },
  {
    rule: "bare-import",
    good: ['import { z } from "zod";', 'import "node:fs";', 'f("npm:zod")'],
    bad: [
      'import { z } from "npm:zod@4.6.7";',
      'export * from "jsr:@std/yaml";',
      'await import("https://deno.land/x/a.ts")',
    ],
  },
  { rule: "file-name", file: "lib/snake_case.ts", good: ["1;"], bad: [] },
  { rule: "file-name", file: "lib/_private_2.ts", good: ["1;"], bad: [] },
  { rule: "file-name", file: "lib/camelCase.ts", good: [], bad: ["1;"] },
  { rule: "file-name", file: "lib/kebab-case.ts", good: [], bad: ["1;"] },
  { rule: "no-console", good: ["emit(event)"], bad: ["console.log(1)", "console.error(1)"] },
  { rule: "no-console", file: "cli/train.ts", good: ["console.log(1)"], bad: [] },
  { rule: "no-console", file: "lib/backend/a.ts", good: [], bad: ["console.warn(1)"] },
  {
    rule: "no-local-resolve",
    good: [
      'fetch(new URL("./x.wasm", import.meta.url))',
      'new Worker(new URL("./w.ts", import.meta.url))',
      "readFile(path)",
      "open(new URL(base))",
    ],
    bad: [
      "createRequire(import.meta.url)",
      'readFile(new URL("./x.json", import.meta.url))',
      'fs.readFileSync(new URL("./x.json", import.meta.url))',
      "fileURLToPath(import.meta.url)",
      'import.meta.resolve("./x.ts")',
      "import.meta.dirname",
    ],
  },
  {
    rule: "no-local-resolve",
    file: "tasks/a.ts",
    good: ['import.meta.resolve("./x.ts")'],
    bad: [],
  },
  {
    rule: "no-runtime-global",
    good: ["globalThis.navigator", "process.pid"],
    bad: ["Deno.cwd()", "globalThis.Deno", "Bun.file(x)"],
  },
  { rule: "no-runtime-global", file: "tests/a.ts", good: ["Deno.cwd()"], bad: [] },
  { rule: "no-runtime-global", file: "cli/a.ts", good: [], bad: ["Deno.exit(1)"] },
  {
    rule: "positional-parameters",
    good: [
      "export function f(a, b, c) {}",
      "export function f(a, b, c, options = {}) {}",
      "export function f(a, b, { c = 1 } = {}) {}",
      "export function f(a, b, rates: { c: number; d: number }) {}",
      "function f(a, b, c, d) {}",
    ],
    bad: [
      "export function f(a, b, c, d) {}",
      "export function f(a, b, c, d: number) {}",
      "export function f(a, b, c, d, options) {}",
    ],
  },
  {
    rule: "reexports-only",
    file: "lib/losses/mod.ts",
    good: [
      'export * from "./a.ts"; export { b, type C } from "./b.ts";',
      'import * as tf from "@tensorflow/tfjs"; export { tf };',
    ],
    bad: ["export const x = 1;", 'import "./register.ts";', "register();"],
  },
  { rule: "reexports-only", file: "mod.ts", good: [], bad: ["export function f() {}"] },
  { rule: "reexports-only", file: "cli/mod.ts", good: ["export function main() {}"], bad: [] },
  {
    rule: "top-level-function",
    good: [
      "function f() {}",
      "const f = g(() => 1)",
      "const f: F = () => 1",
      "export function f() { const h = () => 1; }",
    ],
    bad: ["const f = () => 1", "export const f = () => 1", "const f = function () {}"],
  },
];

describe("tasks/lint/mod.ts", { skip }, () => {
  for (const { rule, file = "lib/data/sample.ts", good, bad } of cases) {
    for (const source of good) {
      test(`${rule} accepts ${JSON.stringify(source)} in ${file}`, () => {
        assert.deepEqual(findings(file, source).filter((id) => id === `segadv/${rule}`), []);
      });
    }
    for (const source of bad) {
      test(`${rule} rejects ${JSON.stringify(source)} in ${file}`, () => {
        assert.deepEqual(new Set(findings(file, source)), new Set([`segadv/${rule}`]));
      });
    }
  }

  test("tasks/lint/mod.ts has a failing case for every rule", () => {
    const tried = new Set(cases.filter(({ bad }) => bad.length > 0).map(({ rule }) => rule));
    assert.deepEqual([...tried].sort(), Object.keys(plugin.rules).sort());
  });
});

function findings(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map(({ id }) => id);
}
