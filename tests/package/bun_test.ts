/** Installs a copy of the working tree with Bun alone and trains there, as the README says. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readTree } from "../../tasks/house/tree.ts";
import { lastLine, run } from "./_command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const hasBun = spawnSync("bun", ["--version"]).status === 0;
const skip = !("Deno" in globalThis)
  ? "it runs under Deno, once is enough"
  : !hasBun && "bun is not on the PATH";

describe("a clone under Bun", { skip }, () => {
  let clone: string;

  before(async () => {
    clone = await mkdtemp(join(tmpdir(), "segadv-bun-"));
    for (const { path } of await readTree(root)) await cp(join(root, path), join(clone, path));
    await run(["bun", "install", "--frozen-lockfile"], { cwd: clone });
  });

  after(() => rm(clone, { recursive: true }));

  it("trains on the embedded pictures", async () => {
    const train = ["train", "--max-steps", "2", "--seed", "1", "--json"];
    const { stdout } = await run(["bun", "cli/mod.ts", ...train], { cwd: clone });
    const summary = lastLine(stdout) as { steps: number; backend: string; weightsSha256: string };
    assert.equal(summary.steps, 2);
    assert.match(summary.weightsSha256, /^[0-9a-f]{64}$/);
  });
});
