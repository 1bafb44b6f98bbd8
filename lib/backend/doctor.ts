/**
 * Examines the machine: every backend is started and computes a gradient, as a run would.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { totalmem } from "node:os";
import process from "node:process";
import type { AdapterApi } from "../engine/webgpu/adapter.ts";
import { hasRelaxedSimd } from "../engine/wasm/relaxed_simd.ts";
import { runtimeName } from "../util/version.ts";
import { type BackendInfo, type BackendName, processorName, useBackend } from "./use_backend.ts";

/** What was found out about one backend. */
export interface BackendReport {
  name: BackendName;
  /** Whether it was started; WebGPU by software OpenGL is not, as one kernel takes it minutes. */
  tried: boolean;
  /** Whether it computed a gradient of a convolution right. */
  works: boolean;
  /** Adapter or processor in words; `null` where the backend did not start. */
  device: string | null;
  /** Whether the adapter is a program on the processor. */
  software: boolean;
  /** Why it does not work, or `null`. */
  problem: string | null;
  /** Milliseconds from nothing to the first gradient. */
  startMs: number;
}

/** What was found out about the WebGPU adapter. */
export interface AdapterReport {
  name: string;
  /** Interface by which WebGPU reaches the adapter. */
  api: AdapterApi;
  /** Whether it is a program on the processor, which `backend: auto` never picks. */
  software: boolean;
  /** Optional features that a run would use. */
  features: string[];
  /** Limits by their WebGPU names. */
  limits: Record<string, number>;
}

/** What {@linkcode doctor} found out. */
export interface DoctorReport {
  /** Such as `deno 2.9.6`. */
  runtime: string;
  /** Such as `linux x64`. */
  system: string;
  /** Processor in words. */
  processor: string;
  memoryBytes: number;
  backends: BackendReport[];
  adapter: AdapterReport | null;
  /** What `backend: auto` picks; `null` if nothing works. */
  auto: BackendName | null;
  /** Whether the config key `deterministic: false` makes WASM faster here. */
  relaxedSimd: boolean;
  /** What to install or to choose, one sentence each; empty if nothing is missing. */
  advice: string[];
}

/**
 * Examines runtime, machine and backends. It leaves the CPU backend current, so do not call it
 * during a run.
 *
 * @example
 * ```ts
 * import { doctor } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const report = await doctor();
 * assert(report.backends.some((backend) => backend.works));
 * ```
 */
export async function doctor(options: { gpu?: GPU } = {}): Promise<DoctorReport> {
  const { adapter, warning } = await describeAdapter(options.gpu);
  const backends: BackendReport[] = [];
  for (const name of ["webgpu", "wasm", "cpu"] as const) {
    backends.push(
      name === "webgpu" && adapter !== null && warning !== null
        ? untried(adapter, warning)
        : await tryBackend(name, options.gpu),
    );
  }
  await tf.setBackend("cpu");
  const works = (name: BackendName) => backends.some((b) => b.name === name && b.works);
  const webgpu = backends[0]!;
  return {
    runtime: runtimeName(),
    system: `${process.platform} ${process.arch}`,
    processor: processorName(),
    memoryBytes: totalmem(),
    backends,
    adapter,
    auto: webgpu.works && !webgpu.software ? "webgpu" : works("wasm") ? "wasm" : null,
    relaxedSimd: hasRelaxedSimd(),
    advice: advise(backends),
  };
}

function untried({ name, software }: AdapterReport, problem: string): BackendReport {
  return {
    name: "webgpu",
    tried: false,
    works: false,
    device: name,
    software,
    problem,
    startMs: 0,
  };
}

async function tryBackend(name: BackendName, gpu?: GPU): Promise<BackendReport> {
  const start = performance.now();
  let info: BackendInfo | null = null;
  let problem: string | null = null;
  try {
    info = await useBackend({ backend: name, ...(gpu === undefined ? {} : { gpu }) });
    await checkGradient();
    await info.checkErrors();
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const startMs = performance.now() - start;
  try {
    await info?.dispose();
  } catch (error) {
    problem ??= error instanceof Error ? error.message : String(error);
  }
  return {
    name,
    tried: true,
    works: problem === null,
    device: info?.device ?? null,
    software: info?.software ?? false,
    problem,
    startMs,
  };
}

/** Gradient of Σ conv(x, w) for x = 1: each weight of a 3×3 "valid" kernel sees 2×2 positions. */
async function checkGradient(): Promise<void> {
  const gradient = tf.tidy(() => {
    const x = tf.ones([1, 4, 4, 2]) as tf.Tensor4D;
    const f = (w: tf.Tensor) => tf.sum(tf.conv2d(x, w as tf.Tensor4D, 1, "valid")) as tf.Scalar;
    return tf.grad(f)(tf.fill([3, 3, 2, 3], 0.5));
  });
  const values = await gradient.data();
  gradient.dispose();
  const wrong = values.findIndex((v) => Math.abs(v - 4) > 1e-4);
  if (values.length === 54 && wrong < 0) return;
  throw new Error(
    `computes a wrong gradient of a convolution: value ${wrong} is ${values[wrong]}, right is 4`,
  );
}

async function describeAdapter(
  gpu?: GPU,
): Promise<{ adapter: AdapterReport | null; warning: string | null }> {
  try {
    const { openDevice } = await import("../engine/webgpu/device.ts");
    const training = await openDevice(gpu === undefined ? {} : { gpu });
    training.errors.close();
    training.device.destroy();
    const { name, api, software, features, limits, warning } = training;
    return { adapter: { name, api, software, features, limits }, warning };
  } catch {
    return { adapter: null, warning: null }; // the report on the backend says why
  }
}

function advise(backends: BackendReport[]): string[] {
  const advice: string[] = [];
  for (const { name, problem, software, device } of backends) {
    if (problem !== null && name === "webgpu") {
      advice.push(`For training on a graphics card: ${problem}`);
    } else if (problem !== null) {
      advice.push(`Backend ${name} does not work: ${problem}`);
    } else if (software) {
      advice.push(
        `WebGPU runs on the processor only (${device}): install your graphics card's Vulkan ` +
          `driver for real speed`,
      );
    }
  }
  return advice;
}
