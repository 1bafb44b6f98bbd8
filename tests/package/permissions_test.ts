/** Trains with the permissions that the README names, and no others. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { lastLine, run } from "./_command.ts";

const skip = "Deno" in globalThis ? false : "permissions exist in Deno only";
const root = fileURLToPath(new URL("../..", import.meta.url));

test("the command line trains with the permissions that README.md names", { skip }, async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const flags = /`((?:--allow-[\w=,-]+\s?)+)`/.exec(readme)?.[1]?.split(/\s+/) ?? [];
  assert(flags.length > 1);
  const cwd = await mkdtemp(join(tmpdir(), "segadv-permissions-"));
  try {
    const cli = [
      process.execPath,
      "run",
      "--no-prompt",
      ...flags,
      join(root, "cli/mod.ts"),
    ] as const;
    const { stdout } = await run([...cli, "train", "--max-steps", "1", "--json"], { cwd });
    assert.equal((lastLine(stdout) as { steps: number }).steps, 1);
  } finally {
    await rm(cwd, { recursive: true });
  }
});
