import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERHEADS } from "../../bench/steps.ts";
import { wasmRows } from "../../bench/wasm_suite.ts";

test("wasmRows() measures nothing where no row is asked for", async () => {
  const logged: string[] = [];
  const log = (text: string): void => void logged.push(text);
  assert.deepEqual(await wasmRows({ log, rows: "no such row" }), []);
  assert.deepEqual(logged, []);
});

test("OVERHEADS names each row after the network that it measures", () => {
  for (const [name, network] of Object.entries(OVERHEADS)) {
    assert.equal(name, `adversarial-overhead/${network.replace("-vgg16", "")}`);
  }
});
