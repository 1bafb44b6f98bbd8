/**
 * The rows of the suite `wasm` against PyTorch, in this process and in one with V8's flags for
 * unchecked, wider WASM, as `deno task fast` sets them. Alone it prints its rows as JSON:
 * `deno run -A bench/wasm_torch.ts [PREFIX]`.
 */
import * as tf from "@tensorflow/tfjs";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { disposeWasmBackend, registerWasmBackend } from "../lib/engine/wasm/mod.ts";
import { stepRows } from "./wasm_steps.ts";
import type { Row } from "./row.ts";

/** V8 flags of `deno task fast`. */
const FAST = "--v8-flags=--no-wasm-bounds-checks,--experimental-wasm-revectorize";

/** Steps on all cores, with relaxed SIMD where the engine has it. */
export async function torchRows(prefix?: string): Promise<Row[]> {
  const { threads } = await registerWasmBackend({ relaxedSimd: "auto" });
  await tf.setBackend("wasm");
  const rows = await stepRows(threads, prefix);
  await disposeWasmBackend();
  return rows;
}

/** The same with V8's flags, in a process of its own. */
export async function fastTorchRows(prefix = ""): Promise<Row[]> {
  const program = fileURLToPath(import.meta.url);
  const args = ["run", "-A", FAST, program, prefix.replace(/ --fast$/, "")];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const rows = JSON.parse(stdout.trim().split("\n").at(-1)!) as Row[];
  return rows.map((row) => ({ ...row, name: `${row.name} --fast` }));
}

/** Why {@linkcode fastTorchRows} cannot run here, or `null`. */
export function missingV8Flags(): string | null {
  return "deno" in process.versions ? null : "V8's flags are given by deno run";
}

if (import.meta.main) {
  console.log(JSON.stringify(await torchRows(process.argv[2])));
  process.exit(0);
}
