/**
 * Rows of the suite `wasm`: the engine against the stock backend, the cpu backend and PyTorch.
 * Alone: `deno run -A bench/wasm_suite.ts [--json]`.
 */
import { availableParallelism, cpus } from "node:os";
import process from "node:process";
import { batchNormRow } from "./wasm_batch_norm.ts";
import { convolutionRows, convolutionTrainingRow } from "./wasm_convolutions.ts";
import { missingTorch, STEP_ROWS } from "./wasm_steps.ts";
import { fastTorchRows, missingV8Flags, torchRows } from "./wasm_torch.ts";
import type { Row } from "./row.ts";

/** Rows that are measured together. */
interface Group {
  names: string[];
  /** @param prefix How the names of the wanted rows begin. */
  measure(prefix: string): Promise<Row[]>;
  /** Why they cannot be measured here, or `null`. */
  missing?(): string | null;
}

/** All groups, the slow one against the cpu backend last. */
const GROUPS: Group[] = [
  { names: ["conv-forward/stock", "conv-dx/stock", "threads/2"], measure: convolutionRows },
  { names: ["batchnorm-train/stock"], measure: async () => [await batchNormRow()] },
  { names: STEP_ROWS, measure: torchRows, missing: missingTorch },
  {
    names: STEP_ROWS.map((name) => `${name} --fast`),
    measure: fastTorchRows,
    missing: () => missingTorch() ?? missingV8Flags(),
  },
  { names: ["conv-train/cpu"], measure: async () => [await convolutionTrainingRow()] },
];

/** How {@linkcode wasmRows} runs. */
export interface WasmRowsOptions {
  /** Hears each row as it is there, and why rows that cannot be measured here are left out. */
  log: (text: string) => void;
  /** How the names of the wanted rows begin. @default "", which all do */
  rows?: string;
}

/** All rows whose names begin with `rows`. */
export async function wasmRows({ log, rows = "" }: WasmRowsOptions): Promise<Row[]> {
  const results: Row[] = [];
  for (const { names, measure, missing } of GROUPS) {
    if (!names.some((name) => name.startsWith(rows))) continue;
    const reason = missing?.() ?? null;
    if (reason !== null) {
      log(`${names.join(", ")} left out: ${reason}`);
      continue;
    }
    const wanted = (await measure(rows)).filter(({ name }) => name.startsWith(rows));
    results.push(...wanted);
    for (const row of wanted) log(describeRow(row));
  }
  return results;
}

/** One line for each row. */
export function describeRow({ name, unit, value, baseline, ratio, gflops }: Row): string {
  const rate = gflops === undefined ? "" : `, ${gflops.toFixed(1)} GFLOP/s`;
  const times = `${value.toFixed(1)} ${unit}, baseline ${baseline.toFixed(1)} ${unit}`;
  return `${name.padEnd(28)} ${times}, ratio ${ratio.toFixed(2)}${rate}`;
}

if (import.meta.main) {
  const json = process.argv.includes("--json");
  const results = await wasmRows({ log: (text) => console.error(text) });
  const machine = { device: cpus()[0]?.model ?? "unknown", cores: availableParallelism() };
  if (json) console.log(JSON.stringify({ suite: "wasm", machine, results }));
  else for (const row of results) console.log(describeRow(row));
}
