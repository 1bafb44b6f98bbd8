import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERHEADS } from "../../../tasks/bench/steps.ts";
import { wasmRows } from "../../../tasks/bench/wasm_suite.ts";

test("wasmRows() measures nothing but the rows asked for", async () => {
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  assert.deepEqual(await wasmRows({ tell, rows: "no such row" }), []);
  assert.deepEqual(told, []);
});
  assert.equal(row!.name, "batchnorm-train/stock");
  assert.ok(row!.value > 0 && row!.baseline > 0);
  assert.equal(others.length, 0);
  assert.equal(told.length, 1);
});

test("OVERHEADS names each row after the network that it measures", () => {
  for (const [name, network] of Object.entries(OVERHEADS)) {
    assert.equal(name, `adversarial-overhead/${network.replace("-vgg16", "")}`);
  }
});
