/** Publishes both packages to a stand-in for JSR and uses them from there, as users will. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { longSkip } from "../support/long_test.ts";
import { type Registry, startRegistry } from "../support/registry/registry.ts";
import { lastLine, run } from "../support/command.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const skip = longSkip || ("Deno" in globalThis ? false : "deno publish exists in Deno only");
const root = fileURLToPath(new URL("../..", import.meta.url));
const deno = process.execPath;

/** What a user's program looks like: it names the package, and nothing of this checkout. */
const program = `
import { evaluate, loadConfig, loadModel, openDataset, train } from "jsr:@segadv/segadv";

const config = await loadConfig({
  preset: "fixtures",
  overrides: { backend: "wasm", "train.maxSteps": 3, "data.workers": 2 },
});
const { last } = await train(config, { out: "run" });
const { model, normalize } = await loadModel("run/model");
const dataset = await openDataset("fixtures", { split: "val" });
const { mIoU } = await evaluate(model, dataset, { normalize });
console.log(JSON.stringify({ trained: last.mIoU, evaluated: mIoU }));
`;

describe("deno.json publish", { skip }, () => {
  let registry: Registry;
  let folder: string;
  /** An empty cache beside an empty folder: the packages come from the registry or not at all. */
  let env: { JSR_URL: string; DENO_DIR: string };

  before(async () => {
    registry = startRegistry();
    folder = temporaryFolder();
    env = { JSR_URL: registry.url, DENO_DIR: join(folder, "cache") };
    const publish = ["publish", "--token", "any", "--allow-dirty", "--no-check"];
    for (const member of [root, join(root, "cli")]) {
      await run([deno, ...publish], { cwd: member, env: { JSR_URL: registry.url } });
    }
  });

  after(() => registry[Symbol.asyncDispose]());

  test("deno.json publish sends the sources, the licence and the README, and nothing else", () => {
    const names = /^\/(mod\.ts|lib\/.*|(deno|package)\.json|LICENSE|README\.md)$/;
    const library = paths(registry, "@segadv/segadv");
    assert.deepEqual(library.filter((path) => !names.test(path)), []);
    for (const path of ["/mod.ts", "/LICENSE", "/README.md"]) assert(library.includes(path), path);
    const others = /^\/(.*\.ts|(deno|package|catalog)\.json|README\.md)$/;
    assert.deepEqual(paths(registry, "@segadv/cli").filter((path) => !others.test(path)), []);
  });

  test("segadv train runs from the registry, without a clone", async () => {
    const args = ["train", "--seed", "1", "--json"];
    const { stdout } = await run([deno, "run", "-A", "jsr:@segadv/cli", ...args], {
      cwd: folder,
      env,
    });
    const { steps, best } = lastLine(stdout) as { steps: number; best: { mIoU: number } };
    assert(steps > 10);
    // A map of background alone has 0.15.
    assert(best.mIoU > 0.3, `mIoU ${best.mIoU}`);
  });

  test("train() and evaluate() run from the registry, with worker threads, in a program that imports them", async () => {
    await writeFile(join(folder, "program.ts"), program);
    const { stdout } = await run([deno, "run", "-A", "program.ts"], { cwd: folder, env });
    const { trained, evaluated } = lastLine(stdout) as Record<string, number>;
    assert.equal(trained, evaluated);
  });
});

function paths({ store }: Registry, name: string): string[] {
  const version = store.versions(name).at(-1) ?? "";
  return [...store.find({ name, version })?.files.keys() ?? []];
}
