import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERHEADS } from "../../../tasks/bench/steps.ts";
import { wasmRows } from "../../../tasks/bench/wasm_suite.ts";

test("wasmRows() measures nothing where no row is asked for", async () => {
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  assert.deepEqual(await wasmRows({ tell, rows: "no such row" }), []);
  assert.deepEqual(told, []);
});

test("OVERHEADS names each row after the network that it measures", () => {
  for (const [name, network] of Object.entries(OVERHEADS)) {
    assert.equal(name, `adversarial-overhead/${network.replace("-vgg16", "")}`);
  }
});
