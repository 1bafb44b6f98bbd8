import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../../../cli/mod.ts", import.meta.url));
const run = "deno" in process.versions ? ["run", "-A", entry] : [entry];

function errorWith(env: Record<string, string>): string {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...rest } = process.env;
  const options = { env: { ...rest, ...env }, encoding: "utf8" as const };
  return spawnSync(process.execPath, [...run, "trian"], options).stderr;
}

test("processTerminal() is plain on a pipe and coloured where FORCE_COLOR asks for it", {
  timeout: 60_000,
}, () => {
  assert.match(errorWith({}), /^error: /);
  assert.ok(errorWith({ FORCE_COLOR: "1" }).startsWith("\x1b[31merror:\x1b[39m "));
  assert.match(errorWith({ NO_COLOR: "1" }), /^error: /);
});
