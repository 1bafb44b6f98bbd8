/** Runs exported models in ONNX Runtime Web. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { run } from "../command.ts";

/** A float32 input. */
export interface OnnxInput {
  name: string;
  dims: readonly number[];
  data: readonly number[];
}

/** The first output. */
export interface OnnxOutput {
  name: string;
  dims: readonly number[];
  data: readonly number[];
}

const RUNTIME = "npm:onnxruntime-web@1.30.0/wasm";
const HERE = import.meta.dirname!;

/** The first output of a model for each input. */
export async function runOnnx(
  model: Uint8Array,
  inputs: readonly OnnxInput[],
): Promise<OnnxOutput[]> {
  const folder = await mkdtemp(join(tmpdir(), "segadv-test-"));
  try {
    await writeFile(join(folder, "model.onnx"), model);
    await writeFile(join(folder, "inputs.json"), JSON.stringify(inputs));
    const deno = process.versions.deno === undefined ? "deno" : process.execPath;
    await run([
      deno,
      ...["run", "-A", "--quiet", "--no-config", "--no-check", "--node-modules-dir=none"],
      ...["--lock", join(HERE, "deno.lock"), "--frozen"],
      ...[join(HERE, "program.ts"), RUNTIME, folder],
    ], { cwd: folder });
    return JSON.parse(await readFile(join(folder, "outputs.json"), "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
