/**
 * `deno run -A tasks/bench/webgpu_counters.ts [--json]`: launches, uploads and memory of training steps on
 * WebGPU, the engine's beside stock TensorFlow.js's. A WebGPU that computes nothing takes the calls,
 * so the figures are those of the full-size networks, and the same on any machine.
 */
import process from "node:process";
import { tf } from "@segadv/segadv";
import {
  disposeWebgpuBackend,
  registerWebgpuBackend,
  trainingBackend,
} from "@segadv/segadv/webgpu";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { type DryCounts, dryGpu } from "./dry_gpu.ts";
import {
  bottleneckStep,
  ownStep,
  type Step,
  type StepOptions,
  stockStep,
} from "./training_step.ts";

/** One figure, with stock TensorFlow.js's beside it. */
export interface CounterRow {
  name: string;
  unit: "launches" | "bytes" | "submits";
  value: number;
  baseline: number;
  /** How many times fewer than the baseline: `baseline / value`. */
  ratio: number;
}

const FULL = { width: 1, size: 416, batch: 16, mode: "baseline" } as const;

/** Counts one step of the bottleneck and of both networks at the thesis' size. */
export async function webgpuCounters(): Promise<CounterRow[]> {
  const subjects: [name: string, own: Make, stock: Make][] = [
    ["bottleneck", () => bottleneckStep("own"), () => bottleneckStep("stock")],
    ...(["fcn8s-vgg16", "resnet50"].map((network): [string, Make, Make] => {
      const options: StepOptions = { network, ...FULL };
      return [network, () => ownStep(options), () => stockStep(options)];
    })),
  ];
  const rows: CounterRow[] = [];
  for (const [name, own, stock] of subjects) {
    const value = await count("own", own);
    const baseline = await count("stock", stock);
    const row = (figure: string, unit: CounterRow["unit"], key: keyof DryCounts): CounterRow => ({
      name: `${figure}/${name}`,
      unit,
      value: value[key],
      baseline: baseline[key],
      ratio: baseline[key] / Math.max(1, value[key]),
    });
    rows.push(
      row("dispatches", "launches", "dispatches"),
      row("submits", "submits", "submits"),
      row("upload-bytes", "bytes", "uploadBytes"),
      row("peak-bytes", "bytes", "peakBytes"),
    );
  }
  return rows;
}

type Make = () => Step | Promise<Step>;

/** Counts the third step: the first two fill the pools. Peak bytes are those of all three. */
async function count(kind: "own" | "stock", make: Make): Promise<DryCounts> {
  const { gpu, counts } = dryGpu();
  const flush = kind === "own" ? await useOwn(gpu) : await useStock(gpu);
  const step = await make();
  let before = { ...counts };
  for (let i = 0; i < 3; i++) {
    before = { ...counts };
    step.run();
    flush();
  }
  const after = { ...counts };
  step.dispose();
  disposeWebgpuBackend();
  return {
    ...after,
    dispatches: after.dispatches - before.dispatches,
    submits: after.submits - before.submits,
    uploadBytes: after.uploadBytes - before.uploadBytes,
  };
}

async function useOwn(gpu: GPU): Promise<() => void> {
  await registerWebgpuBackend({ gpu });
  return () => trainingBackend().flush();
}

async function useStock(gpu: GPU): Promise<() => void> {
  disposeWebgpuBackend();
  const adapter = (await gpu.requestAdapter())!;
  const backend = new WebGPUBackend(await adapter.requestDevice(), adapter.info);
  tf.registerBackend("webgpu", () => backend);
  await tf.setBackend("webgpu");
  return () => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
}

if (import.meta.main) {
  tf.enableProdMode();
  const results = await webgpuCounters();
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ suite: "webgpu-counters", results }));
  } else {for (const r of results) {
      const text = `${r.value.toLocaleString("en")} ${r.unit}, stock ${
        r.baseline.toLocaleString("en")
      }`;
      console.log(`${r.name.padEnd(28)} ${text}, ratio ${r.ratio.toFixed(2)}`);
    }}
}
