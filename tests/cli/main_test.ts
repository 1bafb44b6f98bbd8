import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProcess } from "../support/cli_process.ts";

/** Runtime and arguments of a command line. */
function command(...args: string[]): [string, string[]] {
  const entry = fileURLToPath(new URL("../../cli/mod.ts", import.meta.url));
  const run = "deno" in process.versions ? ["run", "-A", entry] : [entry];
  return [process.execPath, [...run, ...args]];
}

test(
  "main() ends the process with the exit code of the command",
  { timeout: 240_000 },
  async () => {
    assert.equal((await runProcess(["presets"])).code, 0);
    assert.equal((await runProcess(["eval", "nowhere"])).code, 2);
  },
);

test(
  "main() shows where an error comes from only under SEGADV_DEBUG",
  { timeout: 240_000 },
  async () => {
    const plain = await runProcess(["eval", "nowhere"]);
    assert.doesNotMatch(plain.err, /\n +at /);
    const traced = await runProcess(["eval", "nowhere"], { env: { SEGADV_DEBUG: "1" } });
    assert.match(traced.err, /\n +at /);
  },
);

test("main() ends only when a slow reader has everything", { timeout: 240_000 }, async () => {
  const [runtime, args] = command("inspect", "model", "resnet152", "--json");
  const child = spawn("sh", ["-c", '"$@" | (sleep 1; cat)', "sh", runtime, ...args]);
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => out += chunk);
  await new Promise((resolve) => child.on("close", resolve));
  assert.ok(out.length > 2 ** 16, "more than a pipe holds");
  assert.equal(JSON.parse(out).name, "resnet152");
});

test("main() does not mind a reader that goes away", { timeout: 240_000 }, async () => {
  const child = spawn(...command("schema"));
  let err = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk) => err += chunk);
  child.stdout!.destroy();
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(err, "");
  assert.equal(code, 0);
});
