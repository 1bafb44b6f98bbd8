import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const LEAN = [
  ["--help"],
  ["--version"],
  ["train", "--help"],
  ["sweep", "plan", "--help"],
  ["presets"],
  ["presets", "fixtures"],
  ["schema"],
  ["completions", "bash"],
  ["complete", "--", "train", "--set", "model."],
  ["trian"],
];
for (const args of LEAN) {
  test(
    `catalog lets segadv ${args.join(" ")} answer without tfjs`,
    { timeout: 240_000 },
    async () => {
      assert.match(await lastLine(args), /^code [02], tfjs false$/);
    },
  );
}

test(
  "catalog does not keep a command that computes from loading tfjs",
  { timeout: 240_000 },
  async () => {
    assert.equal(await lastLine(["inspect", "model", "fcn8s-vgg16"]), "code 0, tfjs true");
  },
);

/** Runs a command line in a fresh process that says at its end whether tfjs is loaded. */
async function lastLine(args: readonly string[]): Promise<string> {
  const program = fileURLToPath(new URL("./_lean_program.ts", import.meta.url));
  const runtime = "deno" in process.versions ? ["run", "-A"] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [...runtime, program, ...args]);
  return stdout.trimEnd().split("\n").at(-1)!;
}
