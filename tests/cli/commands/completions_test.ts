import assert from "node:assert/strict";
import { test } from "node:test";
import { datasetReaders } from "@segadv/segadv/data";
import { runProcess } from "../../support/cli_process.ts";

test("segadv completions prints a script for each shell", { timeout: 240_000 }, async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const { code, out } = await runProcess(["completions", shell]);
    assert.equal(code, 0);
    assert.match(out, /segadv/);
  }
});

test("segadv completions knows the readers that are registered", { timeout: 240_000 }, async () => {
  const { out } = await runProcess(["complete", "--", "train", "--dataset", ""]);
  for (const name of datasetReaders.names) assert.ok(out.includes(name), name);
});

test("segadv completions knows the keys of the configuration", { timeout: 240_000 }, async () => {
  const { out } = await runProcess(["complete", "--", "train", "--set", "adversarial."]);
  assert.match(out, /^adversarial\.tg=/m);
  assert.doesNotMatch(out, /generator/);
});
