import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, presets } from "@segadv/segadv";
import { runHere } from "../../support/cli_terminal.ts";

test("segadv presets lists every preset with its summary and what it needs", async () => {
  const { code, out } = await runHere("presets");
  assert.equal(code, 0);
  for (const { name, summary, needs } of presets.values()) {
    assert.ok(out.includes(name) && out.includes(summary), name);
    if (needs !== null) assert.ok(out.includes(`needs ${needs}`), name);
  }
});

test("segadv presets NAME prints a file that train can take", async () => {
  const { code, out } = await runHere("presets", "fixtures");
  assert.equal(code, 0);
  assert.deepEqual(await loadConfig({ yaml: out }), presets.get("fixtures")!.config);
});
