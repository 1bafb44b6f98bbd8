/** Publishes both packages to a stand-in for JSR and uses them from there, as users will. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Registry, startRegistry } from "../../tasks/registry/registry.ts";
import { run } from "./_command.ts";

const skip = "Deno" in globalThis ? false : "deno publish exists in Deno only";
const root = fileURLToPath(new URL("../..", import.meta.url));
const deno = process.execPath;

describe("the published packages", { skip }, () => {
  let registry: Registry;
  let folder: string;

  before(async () => {
    registry = startRegistry();
    folder = await mkdtemp(join(tmpdir(), "segadv-registry-"));
    const publish = ["publish", "--token", "any", "--allow-dirty", "--no-check"];
    for (const member of [root, join(root, "cli")]) {
      await run([deno, ...publish], { cwd: member, env: { JSR_URL: registry.url } });
    }
  });

  after(async () => {
    await registry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it("hold the sources, the licence and the README, and nothing else", () => {
    const names = /^\/(mod\.ts|lib\/.*|(deno|package)\.json|LICENSE|README\.md)$/;
    const library = paths(registry, "@segadv/segadv");
    assert.deepEqual(library.filter((path) => !names.test(path)), []);
    for (const path of ["/mod.ts", "/LICENSE", "/README.md"]) assert(library.includes(path), path);
    const others = /^\/(mod\.ts|(commands|ui)\/.*\.ts|(deno|package)\.json|README\.md)$/;
    assert.deepEqual(paths(registry, "@segadv/cli").filter((path) => !others.test(path)), []);
  });
});

function paths({ store }: Registry, name: string): string[] {
  const version = store.versions(name).at(-1) ?? "";
  return [...store.find({ name, version })?.files.keys() ?? []];
}
