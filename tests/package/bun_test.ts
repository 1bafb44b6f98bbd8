/** Installs a copy of the working tree with Bun alone and trains there, as the README says. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readTree } from "../../tasks/checks/tree.ts";
import { lastLine, run } from "../support/command.ts";
import { longSkip } from "../support/long_test.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const root = fileURLToPath(new URL("../..", import.meta.url));
const hasBun = spawnSync("bun", ["--version"]).status === 0;
const skip = longSkip ||
  ("Deno" in globalThis
    ? !hasBun && "bun is not on the PATH"
    : "it runs under Deno, once is enough");

/** What `train --json` ends with. */
interface Summary {
  backend: string;
  steps: number;
  weightsSha256: string;
}

describe("segadv train under Bun", { skip }, () => {
  let clone: string;

  before(async () => {
    clone = temporaryFolder();
    for (const { path } of await readTree(root)) await cp(join(root, path), join(clone, path));
    await run(["bun", "install", "--frozen-lockfile"], { cwd: clone });
  });

  test("segadv train under Bun is bit-identical to Deno on the embedded pictures", async () => {
    const train = ["train", "--backend", "wasm", "--max-steps", "4", "--seed", "1", "--json"];
    const bun = await run(["bun", "cli/mod.ts", ...train, "--out", "runs/bun"], { cwd: clone });
    const inDeno = [process.execPath, "run", "-A", join(root, "cli/mod.ts"), ...train] as const;
    const deno = await run([...inDeno, "--out", "runs/deno"], { cwd: clone });
    const [ours, theirs] = [bun, deno].map(({ stdout }) => lastLine(stdout) as Summary);
    assert.equal(ours?.steps, 4);
    assert.equal(ours?.backend, "wasm");
    assert.match(ours?.weightsSha256 ?? "", /^[0-9a-f]{64}$/);
    assert.equal(ours?.weightsSha256, theirs?.weightsSha256);
  });
});
