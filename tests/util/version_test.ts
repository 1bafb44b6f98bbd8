import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { versions } from "../../lib/util/version.ts";

test("versions() names this package, tfjs and the runtime as installed", async () => {
  const { dependencies, version } = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  const found = versions();
  assert.equal(found.segadv, version);
  assert.equal(found.tfjs, dependencies["@tensorflow/tfjs"]);
  assert.match(found.runtime, /^(deno|bun|node) \d+\.\d+/);
});
