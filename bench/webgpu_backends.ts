/** The engine and stock TensorFlow.js on one WebGPU implementation, each with a device of its own. */
import * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { requestAdapter } from "../lib/engine/webgpu/adapter.ts";
import {
  disposeWebgpuBackend,
  registerWebgpuBackend,
  trainingBackend,
} from "../lib/engine/webgpu/mod.ts";

/** `own`: this engine. `stock`: TensorFlow.js as it is installed. */
export type BackendKind = "own" | "stock";

/** One backend, current for all of tfjs until it is closed. */
export interface BenchBackend {
  /** Hands over what was recorded. */
  flush(): void;
  /** Ends when the adapter has done all that was handed over. */
  finish(): Promise<void>;
  close(): void;
}

/** Opens a backend on `gpu`. */
export function openBackend(name: BackendKind, gpu: GPU): Promise<BenchBackend> {
  tf.enableProdMode();
  return name === "own" ? openOwn(gpu) : openStock(gpu);
}

async function openOwn(gpu: GPU): Promise<BenchBackend> {
  await registerWebgpuBackend({ gpu });
  const backend = trainingBackend();
  backend.buffers.keepIdleBytes = 0; // small steps then show what full-size ones do
  return {
    flush: () => backend.flush(),
    async finish() {
      backend.flush();
      await backend.queue.onSubmittedWorkDone();
      await backend.training.errors.check();
    },
    close: disposeWebgpuBackend,
  };
}

/** What tfjs's own factory asks the adapter for. */
const STOCK_LIMITS = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

async function openStock(gpu: GPU): Promise<BenchBackend> {
  disposeWebgpuBackend();
  const adapter = await requestAdapter({ gpu });
  const limits = adapter.limits as unknown as Record<string, number>;
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(STOCK_LIMITS.map((name) => [name, limits[name]!])),
  });
  const errors: string[] = [];
  device.addEventListener("uncapturederror", (event: Event) => {
    errors.push((event as unknown as { error: GPUError }).error.message);
  });
  const backend = new WebGPUBackend(device, adapter.info);
  tf.registerBackend("webgpu", () => backend);
  await tf.setBackend("webgpu");
  const flush = (): void => {
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
  return {
    flush,
    async finish() {
      flush();
      await device.queue.onSubmittedWorkDone();
      if (errors.length > 0) throw new Error(`Stock TensorFlow.js failed: ${errors[0]}`);
    },
    close() {
      tf.removeBackend("webgpu");
      device.destroy();
    },
  };
}
