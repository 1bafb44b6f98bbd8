/**
 * Choice of the tfjs backend. Backends are imported when they are asked for, so that importing the
 * toolkit registers nothing and opens no device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type * as os from "node:os";
import { sha256 } from "../util/hash.ts";
import { builtin, processorCount } from "../util/host.ts";

/** Names of the backends that can be current. */
export type BackendName = "webgpu" | "wasm" | "cpu";

/** Options of {@linkcode useBackend}. */
export interface UseBackendOptions {
  /** `auto`: a real WebGPU adapter if there is one, else WASM. A software adapter only by name. */
  backend: "auto" | BackendName;
  /**
   * WASM threads; 0: one per core.
   * @default 0
   */
  threads?: number;
  /**
   * WASM kernels whose results depend on neither engine nor processor; false takes relaxed SIMD where
   * the engine has it. The other backends have one kind of kernel.
   * @default true
   */
  deterministic?: boolean;
  /**
   * The WebGPU implementation, for example Dawn's.
   * @default navigator.gpu, else that of the npm package `webgpu`
   */
  gpu?: GPU;
}

/** The current backend and what a run needs of it. */
export interface BackendInfo {
  name: BackendName;
  /** Adapter or processor in words. */
  device: string;
  /** Whether a WebGPU adapter is a program on the processor. */
  software: boolean;
  /** What the user should know before the first computation, such as that it takes minutes. */
  warning: string | null;
  /** What a run's result depends on: kernels by version or hash, and on a GPU the adapter. */
  build: string;
  /** Largest tensor in bytes, or `null` where memory is the only limit. */
  largestTensorBytes: number | null;
  /** Bytes that all tensors together can take, or `null` where nothing but the machine limits it. */
  memoryBytes: number | null;
  /**
   * Throws what the device reported since the last call; call it at the end of each step.
   *
   * @throws {Error} If results are invalid, naming the first error and how many there were.
   */
  checkErrors(): Promise<void> | void;
  /** Most bytes of tensors so far. */
  peakBytes(): number;
  /** Frees the backend; its tensors are gone. */
  dispose(): Promise<void>;
}

/** What a 32-bit address reaches. */
const WASM_BYTES = 2 ** 32;

let current: BackendInfo | null = null;

/**
 * The backend that {@linkcode useBackend} made current, or `null` where another one is in use.
 *
 * @example
 * ```ts
 * import { currentBackend, useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const backend = await useBackend({ backend: "cpu" });
 * assert.equal(currentBackend(), backend);
 * ```
 */
export function currentBackend(): BackendInfo | null {
  return current?.name === tf.getBackend() ? current : null;
}

/**
 * Makes a backend current for all of tfjs in this thread.
 *
 * @throws {Error} If the backend cannot run here; the message says what to install or to choose.
 * @throws {RangeError} If `threads` is not a whole number of at least 0.
 *
 * @example The processor, which is always there
 * ```ts
 * import { useBackend } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const backend = await useBackend({ backend: "cpu" });
 * assert.equal(backend.name, "cpu");
 * await backend.dispose();
 * ```
 */
export async function useBackend(options: UseBackendOptions): Promise<BackendInfo> {
  const { backend, threads = 0, deterministic = true, gpu } = options;
  if (!Number.isInteger(threads) || threads < 0) {
    throw new RangeError(
      `Cannot start a backend with threads ${threads}: threads must be a whole number, 0 for ` +
        `one per core`,
    );
  }
  tf.enableProdMode(); // silences tfjs's advice on the console
  current = await startBackend(backend, { threads, deterministic, gpu });
  return current;
}

async function startBackend(
  backend: UseBackendOptions["backend"],
  options: { threads: number; deterministic: boolean; gpu: GPU | undefined },
): Promise<BackendInfo> {
  if (backend === "cpu") return await useCpu();
  const { gpu } = options;
  if (backend === "wasm") return await useWasm(options);
  if (backend === "webgpu") return await useWebgpu(gpu === undefined ? {} : { gpu });
  if (backend !== "auto") {
    throw new RangeError(
      `Cannot start backend "${backend}": the backends are auto, webgpu, wasm and cpu`,
    );
  }
  return await tryRealWebgpu(gpu) ?? await useWasm(options);
}

async function tryRealWebgpu(gpu?: GPU): Promise<BackendInfo | null> {
  const { findGpu } = await import("../engine/webgpu/adapter.ts");
  const present = gpu ?? await findGpu();
  if (present === null) return null;
  try {
    return await useWebgpu({ gpu: present, allowSoftware: false });
  } catch {
    return null; // no adapter, a software one, or a driver that gives no device
  }
}

async function useWebgpu(
  options: { gpu?: GPU; allowSoftware?: boolean },
): Promise<BackendInfo> {
  const engine = await import("../engine/webgpu/mod.ts");
  const backend = await engine.registerWebgpuBackend(options);
  const { training } = backend;
  return {
    name: "webgpu",
    device: training.name,
    software: training.software,
    warning: training.warning,
    build: `tfjs ${tf.version_core}, ${training.name}, ${training.features.join(" ")}`,
    largestTensorBytes: engine.largestTensorBytes(training.limits),
    memoryBytes: null,
    checkErrors: () => training.errors.check(),
    peakBytes: () => backend.counters.peakAllocatedBytes,
    dispose: () => Promise.resolve(engine.disposeWebgpuBackend()),
  };
}

async function useCpu(): Promise<BackendInfo> {
  await tf.setBackend("cpu");
  return {
    name: "cpu",
    device: `${processorName()}, plain JavaScript`,
    software: false,
    warning: null,
    build: `tfjs ${tf.version_core}`,
    largestTensorBytes: null,
    memoryBytes: null,
    checkErrors: () => {},
    peakBytes: trackPeak(),
    dispose: () => Promise.resolve(),
  };
}

async function useWasm(
  { threads, deterministic }: { threads: number; deterministic: boolean },
): Promise<BackendInfo> {
  const engine = await import("../engine/wasm/mod.ts");
  const wasm = await engine.registerWasmBackend({
    ...(threads === 0 ? {} : { threads }),
    ...(deterministic ? { deterministic } : { relaxedSimd: "auto" }),
  });
  const relaxed = wasm.build === "relaxed" ? ", relaxed SIMD" : "";
  await tf.setBackend("wasm");
  return {
    name: "wasm",
    device: `${processorName()}, ${wasm.threads} thread${wasm.threads === 1 ? "" : "s"}${relaxed}`,
    software: false,
    warning: null,
    build: `tfjs ${tf.version_core}, ${wasm.build} ${await kernelHash(wasm.build)}`,
    largestTensorBytes: null,
    memoryBytes: WASM_BYTES,
    checkErrors: () => {},
    peakBytes: () => wasm.peakBytes(),
    dispose: () => engine.disposeWasmBackend(),
  };
}

/** Fingerprint of the engine's own WASM kernels. */
async function kernelHash(build: "plain" | "relaxed"): Promise<string> {
  const { PLAIN, RELAXED } = await import("../engine/wasm/binaries.ts");
  return sha256([new TextEncoder().encode(build === "plain" ? PLAIN : RELAXED)]).slice(0, 12);
}

/** Processor in words, with its number of logical cores. */
export function processorName(): string {
  const cores = builtin<typeof os>("node:os")?.cpus();
  const model = cores?.[0]?.model.trim() || "processor";
  const count = cores?.length ?? processorCount();
  return `${model} (${count} core${count === 1 ? "" : "s"})`;
}

/** tfjs keeps no peak, so it is taken whenever someone asks. */
function trackPeak(): () => number {
  let peak = 0;
  return () => peak = Math.max(peak, tf.memory().numBytes);
}
