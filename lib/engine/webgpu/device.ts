/**
 * Opens a WebGPU device for training, with the adapter's maximum limits and the optional features that
 * the kernels can use, and collects its errors: WebGPU reports validation and out-of-memory errors by
 * an event and continues with invalid results.
 *
 * @module
 */
import {
  type AdapterApi,
  adapterApi,
  adapterName,
  isSoftwareAdapter,
  type OpenDeviceOptions,
  requestAdapter,
  slowAdapter,
} from "./adapter.ts";
import { BUFFER_USAGE, MAP_MODE_READ } from "./gpu_buffers.ts";

/**
 * Most steps that are submitted and not done. Without this limit a run that seldom reads its losses
 * would submit minutes of work, hold all its batches in memory and react to a signal only after it.
 */
const MAX_STEPS_IN_FLIGHT = 8;
const REMEDY = "; lower data.batch, data.crop or model.width";

/** Keeps a device's uncaptured errors and its loss until {@linkcode ErrorCollector.check}. */
export class ErrorCollector {
  #first: string | null = null;
  #count = 0;
  #lost: string | null = null;
  #closing = false;
  readonly #queue: GPUQueue;
  #stepsInFlight = 0;

  /** Starts listening to `device`. */
  constructor(device: GPUDevice) {
    this.#queue = device.queue;
    device.addEventListener("uncapturederror", (event: Event): void => {
      const error = (event as unknown as { error: GPUError }).error;
      this.add(`${error.constructor.name}: ${error.message.trim().replaceAll(/\s+/g, " ")}`);
    });
    void device.lost.then((info) => {
      if (!this.#closing) this.#lost = `${info.reason}: ${info.message}`;
    });
  }

  /** Errors seen since the last check. */
  get count(): number {
    return this.#count;
  }

  /** Records an error that was found in another way, such as by an error scope. */
  add(message: string): void {
    this.#first ??= message;
    this.#count++;
  }

  /** Announces that the device will be destroyed on purpose, so that its loss is no error. */
  close(): void {
    this.#closing = true;
  }

  /**
   * Throws what was collected and forgets it. Call it at the end of a step: it lets pending events
   * arrive first, which costs one turn of the event loop, and every eighth time waits for the adapter
   * (about 10 ms in Deno), which limits the steps in flight.
   *
   * @throws {Error} If the device reported errors or was lost since the last check.
   */
  async check(): Promise<void> {
    this.#stepsInFlight = (this.#stepsInFlight + 1) % MAX_STEPS_IN_FLIGHT;
    if (this.#lost === null && this.#stepsInFlight === 0) await this.#queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#lost !== null) {
      throw new Error(
        `WebGPU device was lost (${this.#lost}): results since the last checkpoint are gone, ` +
          `resume the run from its last checkpoint`,
      );
    }
    if (this.#first === null) return;
    const message = `WebGPU reported ${this.#count} error${this.#count > 1 ? "s" : ""} ` +
      `in this step, results are invalid; the first: ${this.#first}` +
      (this.#first.startsWith("GPUOutOfMemoryError") ? REMEDY : "");
    this.#first = null;
    this.#count = 0;
    throw new Error(message);
  }
}

/** An open device and its properties. */
export interface TrainingDevice {
  device: GPUDevice;
  info: GPUAdapterInfo;
  /** Name of the adapter, for messages. */
  name: string;
  /** Interface by which WebGPU reaches the adapter. */
  api: AdapterApi;
  /** Whether the adapter runs on the processor (lavapipe, SwiftShader). */
  software: boolean;
  /** Why the first result takes minutes, or `null` where it does not. */
  warning: string | null;
  /** Optional features that the device has. */
  features: string[];
  /** Limits of the device, by their WebGPU names. */
  limits: Record<string, number>;
  errors: ErrorCollector;
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** bun-webgpu requests the default of these limits even from an adapter that has none. */
const OFTEN_MISSING = [
  "maxStorageBuffersInFragmentStage",
  "maxStorageBuffersInVertexStage",
  "maxStorageTexturesInFragmentStage",
  "maxStorageTexturesInVertexStage",
  "maxImmediateSize",
] as const;

/**
 * Opens a device with the adapter's maximum limits and shader-f16, subgroups and timestamp-query
 * where the adapter has them. The caller owns it.
 *
 * @throws {Error} If there is no fit adapter, see {@linkcode requestAdapter}.
 */
export async function openDevice(options: OpenDeviceOptions = {}): Promise<TrainingDevice> {
  const adapter = await requestAdapter(options);
  const adapterLimits = adapter.limits as unknown as Record<string, number>;
  const missing = OFTEN_MISSING.filter((k) => adapterLimits[k] === 0);
  const requiredLimits = Object.fromEntries(
    [...LIMITS, ...missing].map((k) => [k, adapterLimits[k] ?? 0]),
  );
  const offered = (["shader-f16", "timestamp-query"] as GPUFeatureName[])
    .filter((f) => adapter.features.has(f));
  // Deno hides "subgroups" from the list of features but grants it on request.
  const device = await tryDevice(adapter, requiredLimits, [
    ...offered,
    "subgroups" as GPUFeatureName,
  ]) ?? await adapter.requestDevice({ requiredLimits, requiredFeatures: offered });
  defineGlobals(device);
  const limits = device.limits as unknown as Record<string, number>;
  return {
    device,
    info: adapter.info,
    name: adapterName(adapter.info),
    api: adapterApi(adapter),
    warning: slowAdapter(adapter),
    software: isSoftwareAdapter(adapter),
    features: [...device.features].sort(),
    limits: Object.fromEntries(LIMITS.map((k) => [k, limits[k] ?? 0])),
    errors: new ErrorCollector(device),
  };
}

async function tryDevice(
  adapter: GPUAdapter,
  requiredLimits: Record<string, number>,
  requiredFeatures: GPUFeatureName[],
): Promise<GPUDevice | null> {
  try {
    return await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch {
    return null;
  }
}

/** tfjs needs these globals, which an implementation beside the runtime's own may not bring. */
function defineGlobals(device: GPUDevice): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  if (scope.GPUBuffer === undefined) {
    const buffer = device.createBuffer({ size: 16, usage: BUFFER_USAGE.STORAGE });
    scope.GPUBuffer = buffer.constructor;
    buffer.destroy();
  }
  scope.GPUTexture ??= class GPUTexture {};
  scope.GPUBufferUsage ??= BUFFER_USAGE;
  scope.GPUMapMode ??= { READ: MAP_MODE_READ };
}
