import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { isPermissive } from "../../tasks/licenses.ts";
import { bomOf } from "../../tasks/sbom.ts";
import { lockedPackages } from "../../tasks/supply/locked_packages.ts";

async function json(path: string): Promise<Record<string, Record<string, string>>> {
  return JSON.parse(await readFile(new URL(`../../${path}`, import.meta.url), "utf8"));
}

test("isPermissive() takes permissive licences and choices that have one, and nothing else", () => {
  for (const good of ["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 AND MIT", "0BSD OR WTFPL"]) {
    assert.ok(isPermissive(good), good);
  }
  for (
    const bad of ["GPL-3.0", "LGPL-2.1-or-later", "AGPL-3.0", "MIT AND GPL-2.0", "", "UNKNOWN"]
  ) {
    assert.ok(!isPermissive(bad), bad);
  }
});

test("lockedPackages() knows the licence of every package, and all are permissive", async () => {
  const packages = await lockedPackages();
  assert.ok(packages.length > 20);
  const refused = packages.filter(({ license }) => license === null || !isPermissive(license));
  assert.deepEqual(refused, []);
  for (const { name, integrity } of packages) assert.match(integrity, /^sha512-/, name);
});

test("bomOf() lists every package once with its hash", async () => {
  const packages = await lockedPackages();
  const { components } = bomOf(packages) as {
    components: { purl: string; hashes: { content: string }[] }[];
  };
  assert.equal(new Set(components.map(({ purl }) => purl)).size, packages.length);
  for (const { hashes } of components) assert.match(hashes[0]!.content, /^[0-9a-f]{128}$/);
});

test("package.json pins every dependency exactly and runs nothing when it is installed", async () => {
  for (const path of ["package.json", "cli/package.json"]) {
    const { dependencies = {}, devDependencies = {}, scripts = {} } = await json(path);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^(\d+\.\d+\.\d+|workspace:\*)$/, `${path}: ${name}`);
    }
    assert.deepEqual(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name)), []);
  }
  assert.equal((await json("deno.json")).allowScripts, undefined);
});
