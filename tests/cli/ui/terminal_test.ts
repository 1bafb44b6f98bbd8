import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { harmless } from "../../../cli/ui/terminal.ts";

const entry = fileURLToPath(new URL("../../../cli/mod.ts", import.meta.url));
const run = "deno" in process.versions ? ["run", "-A", entry] : [entry];

function errorWith(env: Record<string, string>): string {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...rest } = process.env;
  const options = { env: { ...rest, ...env }, encoding: "utf8" as const };
  return spawnSync(process.execPath, [...run, "trian"], options).stderr;
}

test("processTerminal() is plain on a pipe and coloured where FORCE_COLOR asks for it", {
  timeout: 240_000,
}, () => {
  assert.match(errorWith({}), /^error: /);
  assert.ok(errorWith({ FORCE_COLOR: "1" }).startsWith("\x1b[31merror:\x1b[39m "));
  assert.match(errorWith({ NO_COLOR: "1" }), /^error: /);
});

test("harmless() shows what would steer a terminal, and keeps styles and the progress line", () => {
  assert.equal(
    harmless("\r\x1b[2K\x1b[31mstep 1\x1b[39m\tof 2\n"),
    "\r\x1b[2K\x1b[31mstep 1\x1b[39m\tof 2\n",
  );
  assert.equal(harmless("a\r\x1b[2K\x1b]0;title\x07"), "a\\u000d\\u001b[2K\\u001b]0;title\\u0007");
  assert.equal(harmless("\x9b31m \u202egnp.exe"), "\\u009b31m \\u202egnp.exe");
});
