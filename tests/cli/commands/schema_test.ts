import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonSchema } from "@segadv/segadv";
import { runHere } from "../../support/cli_terminal.ts";

test("segadv schema prints the configuration's JSON Schema", async () => {
  const { code, out } = await runHere("schema");
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify(jsonSchema())));
});
