import assert from "node:assert/strict";
import { test } from "node:test";
import { augmentations } from "../../../../lib/data/transforms/augmentations/registry.ts";
import { parseOptions } from "../../../../lib/util/registry.ts";

test("augmentations describe themselves, change something and have defaults for all options", () => {
  for (const { name, summary, options, geometry, pixels } of augmentations) {
    assert.match(summary, /^.{10,90}[^.]$/);
    assert.ok(geometry !== undefined || pixels !== undefined, name);
    assert.equal(Object.keys(parseOptions(options, {}, { name })).length > 0, true);
  }
});
