/**
 * Rows of the suite `wasm`: the engine against the stock backend, the cpu backend and PyTorch.
 * Alone: `deno run -A tasks/bench/wasm_suite.ts [--json]`.
 */
import * as tf from "@tensorflow/tfjs";
import { availableParallelism, cpus } from "node:os";
import process from "node:process";
import { disposeWasmBackend, registerWasmBackend } from "../../lib/engine/wasm/mod.ts";
import { batchNormRow } from "./wasm_batch_norm.ts";
import { convolutionRows, convolutionTrainingRow } from "./wasm_convolutions.ts";
import { missingTorch, stepRows } from "./wasm_steps.ts";
import type { WasmRow } from "./wasm_turns.ts";

/**
 * All rows. `tell` hears each as it is there, the slow one against the cpu backend last, and why
 * rows that cannot be measured here are left out.
 */
export async function wasmRows(tell: (text: string) => void): Promise<WasmRow[]> {
  const rows: WasmRow[] = [];
  const add = (more: WasmRow[]): void => {
    rows.push(...more);
    for (const row of more) tell(describeRow(row));
  };
  add([...await convolutionRows(), await batchNormRow()]);
  const reason = missingTorch();
  if (reason === null) add(await torchRows());
  else tell(`step-*/pytorch left out: ${reason}`);
  add([await convolutionTrainingRow()]);
  return rows;
}

async function torchRows(): Promise<WasmRow[]> {
  const { threads } = await registerWasmBackend({ relaxedSimd: "auto" });
  await tf.setBackend("wasm");
  const rows = await stepRows(threads);
  await disposeWasmBackend();
  return rows;
}

/** One line for each row. */
export function describeRow({ name, unit, value, baseline, ratio, gflops }: WasmRow): string {
  const rate = gflops === undefined ? "" : `, ${gflops.toFixed(1)} GFLOP/s`;
  const times = `${value.toFixed(1)} ${unit}, baseline ${baseline.toFixed(1)} ${unit}`;
  return `${name.padEnd(28)} ${times}, ratio ${ratio.toFixed(2)}${rate}`;
}

if (import.meta.main) {
  const json = process.argv.includes("--json");
  const results = await wasmRows((reason) => console.error(reason));
  const machine = { device: cpus()[0]?.model ?? "unknown", cores: availableParallelism() };
  if (json) console.log(JSON.stringify({ suite: "wasm", machine, results }));
  else for (const row of results) console.log(describeRow(row));
}
