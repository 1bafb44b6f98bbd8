import assert from "node:assert/strict";
import { test } from "node:test";
import { scaledChannels } from "../../../lib/models/builders/layer_builder.ts";

test("scaledChannels() rounds, and keeps at least 4", () => {
  assert.deepEqual([64, 65, 8].map((channels) => scaledChannels(channels, 0.25)), [16, 16, 4]);
});
