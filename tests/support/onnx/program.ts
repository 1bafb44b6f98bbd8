/**
 * Runs a model in ONNX Runtime Web, in a process of its own, which has a lock file of its own: nothing
 * else installs the runtime. Arguments: the package, a folder with `model.onnx` and `inputs.json`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { OnnxInput, OnnxOutput } from "./run_onnx.ts";

interface Tensor {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

interface Session {
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
}

interface Runtime {
  env: { wasm: { numThreads: number }; logLevel: string };
  Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => Tensor;
  InferenceSession: { create(model: Uint8Array): Promise<Session> };
}

const [name, folder] = process.argv.slice(2) as [string, string];
const ort = await import(name) as Runtime;
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
const session = await ort.InferenceSession.create(await readFile(join(folder, "model.onnx")));
const inputs = JSON.parse(await readFile(join(folder, "inputs.json"), "utf8")) as OnnxInput[];
const results: OnnxOutput[] = [];
for (const input of inputs) {
  const tensor = new ort.Tensor("float32", Float32Array.from(input.data), input.dims);
  const [[output, { data, dims }]] = Object.entries(
    await session.run({ [input.name]: tensor }),
  ) as [[string, Tensor]];
  results.push({ name: output, dims, data: [...data].map(Number) });
}
await writeFile(join(folder, "outputs.json"), JSON.stringify(results));
