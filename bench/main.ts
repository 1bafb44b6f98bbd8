/**
 * `deno task bench --suite wasm|webgpu|cpu|data [--rows NAME] [--data DIR] [--json]`: times training
 * on one backend, or loading. Only ratios can be compared between machines; both figures of each are
 * timed interleaved in the same run. `--rows` measures only those rows of `wasm` and `cpu` whose names
 * begin with NAME, such as `adversarial-overhead/resnet50` or `step`.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type BackendName, useBackend } from "@segadv/segadv";
import type { Row } from "./row.ts";
import { dataRows, describeDataRow } from "./data_suite.ts";
import { fmaPeak } from "./fma_peak.ts";
import { adversarialOverhead, OVERHEADS } from "./steps.ts";
import { wasmRows } from "./wasm_suite.ts";
import { describeRow, webgpuRows } from "./webgpu_suite.ts";

const SUITES: BackendName[] = ["wasm", "webgpu", "cpu"];

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      suite: { type: "string", default: "wasm" },
      data: { type: "string", default: join(process.env.SEGADV_SHARED ?? "../shared", "data") },
      rows: { type: "string", default: "" },
      json: { type: "boolean" },
    },
  });
  if (values.suite === "data") {
    await benchData(values.data, { json: values.json === true });
    return;
  }
  const suite = SUITES.find((name) => name === values.suite);
  if (!suite) {
    throw new RangeError(
      `There is no suite "${values.suite}": choose one of ${SUITES.join(", ")}, data`,
    );
  }
  const results: Row[] = [];
  const log = (text: string): void => console.error(text);
  const { rows } = values;
  if (suite === "wasm") results.push(...await wasmRows({ log, rows }));
  if (suite === "webgpu") results.push(...await webgpuRows({ log }));
  const { device } = await useBackend({ backend: suite });
  for (const [name, network] of suite === "webgpu" ? [] : Object.entries(OVERHEADS)) {
    if (name.startsWith(rows)) results.push(await adversarialOverhead(name, { network }));
  }
  const peak = suite === "webgpu" ? null : fmaPeak();
  const machine = {
    device,
    cores: cpus().length,
    runtime: navigator.userAgent,
    fmaGflopsPerCore: peak,
  };
  if (values.json) console.log(JSON.stringify({ suite, machine, results }));
  else {
    const orientation = peak === null ? "" : `; 128-bit FMA peak ${peak} GFLOP/s a core`;
    printTable(`${suite} on ${device}${orientation}`, results);
  }
}

async function benchData(folder: string, { json }: { json: boolean }): Promise<void> {
  const results = await dataRows(folder, { log: (text) => console.error(text) });
  const [processor] = cpus();
  const device = processor?.model ?? "unknown";
  const machine = { device, cores: cpus().length, runtime: navigator.userAgent };
  if (json) console.log(JSON.stringify({ suite: "data", machine, results }));
  else for (const row of results) console.log(describeDataRow(row));
}

function printTable(title: string, rows: Row[]): void {
  console.log(title);
  for (const row of rows) console.log(describeRow(row));
}

if (import.meta.main) await main(process.argv.slice(2));
