import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../lib/config/load.ts";
import { gatherFacts } from "../../lib/config/preset_facts.ts";

test("gatherFacts() counts the images to train on and reads their sizes", async () => {
  const config = await loadConfig({
    preset: "fixtures",
    overrides: ["backend=wasm", "threads=3"],
  });
  const { images, ...facts } = await gatherFacts(config);
  assert.ok(images > 10);
  assert.deepEqual(facts, { size: [64, 64], processors: 3, gpu: null });
});
