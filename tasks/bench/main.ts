/**
 * `deno task bench --suite wasm|webgpu|cpu [--json]`: times training on one backend. Only ratios
 * can be compared between machines; both sides of each are timed in turns in the same run.
 */
import { cpus } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { type BackendName, useBackend } from "@segadv/segadv";
import type { Row } from "./compare.ts";
import { convolutionTraining } from "./convolution.ts";
import { fmaPeak } from "./fma_peak.ts";
import { adversarialOverhead } from "./steps.ts";
import { wasmRows } from "./wasm_suite.ts";

const SUITES: BackendName[] = ["wasm", "webgpu", "cpu"];

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { suite: { type: "string", default: "wasm" }, json: { type: "boolean" } },
  });
  const suite = SUITES.find((name) => name === values.suite);
  if (!suite) {
    throw new RangeError(`There is no suite "${values.suite}": choose one of ${SUITES.join(", ")}`);
  }
  const results: Row[] = [];
  if (suite === "wasm") results.push(...await wasmRows((reason) => console.error(reason)));
  const { device } = await useBackend({ backend: suite });
  if (suite === "webgpu") results.push(await convolutionTraining(suite));
  for (const network of ["fcn8s-vgg16", "resnet50"]) {
    results.push(await adversarialOverhead(network));
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

function printTable(title: string, rows: Row[]): void {
  console.log(title);
  for (const { name, value, baseline, ratio, unit, gflops } of rows) {
    const rate = gflops === undefined ? "" : `, ${gflops.toFixed(1)} GFLOP/s`;
    const times = `${value.toFixed(1)} ${unit}, baseline ${baseline.toFixed(1)} ${unit}`;
    console.log(`${name.padEnd(30)} ${times}, ratio ${ratio.toFixed(2)}${rate}`);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
