/**
 * Rows of the suite `wasm`: the engine against the stock backend, the cpu backend and PyTorch.
 * Alone: `deno run -A tasks/bench/wasm_suite.ts [--json]`.
 */
import { availableParallelism, cpus } from "node:os";
import process from "node:process";
import { batchNormRow } from "./wasm_batch_norm.ts";
import { convolutionRows, convolutionTrainingRow } from "./wasm_convolutions.ts";
import { missingTorch } from "./wasm_steps.ts";
import { fastTorchRows, missingV8Flags, torchRows } from "./wasm_torch.ts";
import type { TimedRow } from "./turns.ts";

/**
 * All rows. `tell` hears each as it is there, the slow one against the cpu backend last, and why
 * rows that cannot be measured here are left out.
 */
export async function wasmRows(tell: (text: string) => void): Promise<TimedRow[]> {
  const rows: TimedRow[] = [];
  const add = (more: TimedRow[]): void => {
    rows.push(...more);
    for (const row of more) tell(describeRow(row));
  };
  add([...await convolutionRows(), await batchNormRow()]);
  const reason = missingTorch();
  if (reason === null) add(await torchRows());
  else tell(`step-*/pytorch left out: ${reason}`);
  const slow = reason ?? missingV8Flags();
  if (slow === null) add(await fastTorchRows());
  else tell(`step-*/pytorch --fast left out: ${slow}`);
  add([await convolutionTrainingRow()]);
  return rows;
}

/** One line for each row. */
export function describeRow({ name, unit, value, baseline, ratio, gflops }: TimedRow): string {
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
