import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProcess } from "./_process.ts";

test("main() ends the process with the exit code of the command", { timeout: 60_000 }, async () => {
  assert.equal((await runProcess(["presets"])).code, 0);
  assert.equal((await runProcess(["eval", "nowhere"])).code, 2);
});

test(
  "main() shows where an error comes from only under SEGADV_DEBUG",
  { timeout: 60_000 },
  async () => {
    const plain = await runProcess(["eval", "nowhere"]);
    assert.doesNotMatch(plain.err, /\n +at /);
    process.env.SEGADV_DEBUG = "1";
    try {
      assert.match((await runProcess(["eval", "nowhere"])).err, /\n +at /);
    } finally {
      delete process.env.SEGADV_DEBUG;
    }
  },
);

test("main() does not mind a reader that goes away", { timeout: 60_000 }, async () => {
  const entry = fileURLToPath(new URL("../../cli/mod.ts", import.meta.url));
  const run = "deno" in process.versions ? ["run", "-A", entry] : [entry];
  const child = spawn(process.execPath, [...run, "schema"], { stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => err += chunk);
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(err, "");
  assert.equal(code, 0);
});
