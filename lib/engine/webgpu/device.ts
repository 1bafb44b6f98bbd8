/**
 * Opens a WebGPU device for training, with the adapter's maximum limits and the optional features that
 * the kernels can use, and collects its errors: WebGPU reports validation and out-of-memory errors by
 * an event and continues with invalid results.
 *
 * @module
 */
import process from "node:process";
import { tmpdir } from "node:os";
import { runtimeName } from "../../util/version.ts";
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

/** Interface of the system that an implementation of WebGPU calls. */
export type AdapterApi = "Vulkan" | "Metal" | "D3D12" | "OpenGL";

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

/** Options of {@linkcode openDevice} and {@linkcode requestAdapter}. */
export interface OpenDeviceOptions {
  /**
   * The WebGPU implementation, for example Dawn's.
   * @default navigator.gpu, else that of the npm package `webgpu`
   */
  gpu?: GPU;
  /**
   * Whether a software adapter is accepted.
   * @default true
   */
  allowSoftware?: boolean;
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

const INSTALL = "install a GPU driver with Vulkan support, or Mesa's software driver to try it " +
  "(Debian and Ubuntu: apt-get install mesa-vulkan-drivers libvulkan1), or choose backend wasm";

/** Whether an adapter runs on the processor. */
export function isSoftwareAdapter(adapter: GPUAdapter): boolean {
  const info = adapter.info;
  type Flagged = { isFallbackAdapter?: boolean };
  // The adapter's own flag is the older one; bun-webgpu throws at it.
  const flag = (info as Flagged).isFallbackAdapter ?? (adapter as Flagged).isFallbackAdapter;
  if (flag === true) return true;
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return /llvmpipe|lavapipe|softpipe|swiftshader|software|basic render|\bWARP\b|cpu/i.test(words);
}

/**
 * Interface that an adapter is reached by. WebGPU does not name it: what wgpu (Deno) reports for
 * OpenGL and for no other interface identifies it, everything else is the system's own.
 */
export function adapterApi(adapter: GPUAdapter, platform: string = process.platform): AdapterApi {
  const own = platform === "darwin" ? "Metal" : platform === "win32" ? "D3D12" : "Vulkan";
  const { vendor, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  // wgpu gives the vendor's number, Dawn its name; Dawn takes OpenGL only where asked to
  if (!/^\d+$/.test(vendor) || own === "Metal") return own;
  // A count of bindings that nothing limits is that of OpenGL and of D3D12
  if (adapter.limits.maxBindingsPerBindGroup !== 2 ** 32 - 1) return "Vulkan";
  // WebGPU's bounds, for an interface without subgroups; they are also true of Windows's WARP
  const unknown = subgroupMinSize === 4 && subgroupMaxSize === 128;
  return unknown && !/^Microsoft Basic Render/.test(description) ? "OpenGL" : own;
}

/** Why an adapter takes minutes before its first result, or `null` where it does not. */
export function slowAdapter(adapter: GPUAdapter): string | null {
  if (adapterApi(adapter) !== "OpenGL" || !isSoftwareAdapter(adapter)) return null;
  return `WebGPU reaches only ${adapterName(adapter.info)}, OpenGL on the processor, which takes ` +
    `minutes to compile one kernel; ${INSTALL}`;
}

/** Name of an adapter: its description, or its other properties. */
export function adapterName(info: GPUAdapterInfo): string {
  const words = info.description || [info.vendor, info.architecture, info.device].join(" ").trim();
  return words === "" ? "unnamed WebGPU adapter" : words;
}

/** Dawn's entry, which must not be collected while a device of it lives. */
let dawn: Promise<GPU | null> | undefined;

/**
 * The runtime's WebGPU; in Node and Bun, which have none, Dawn's from the optional package `webgpu`,
 * or `null` where that is not installed.
 */
export async function findGpu(): Promise<GPU | null> {
  const own = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (own != null) return own;
  if (runtimeName().startsWith("deno ")) return null;
  return await (dawn ??= openDawn());
}

async function openDawn(): Promise<GPU | null> {
  const name: string = "webgpu"; // no literal, which compilers would want to resolve
  try {
    const { create } = await import(name) as { create(flags: string[]): GPU };
    return create([]);
  } catch {
    return null;
  }
}

/**
 * Finds the fastest adapter.
 *
 * @throws {Error} If there is no WebGPU, no adapter, or only a software adapter and
 * `allowSoftware` is false; the message says what to install.
 */
export async function requestAdapter(options: OpenDeviceOptions = {}): Promise<GPUAdapter> {
  const gpu = options.gpu ?? await findGpu();
  if (gpu === null) {
    throw new Error(
      "Cannot use WebGPU: this runtime has no navigator.gpu; run with Deno 2.9 or newer, install " +
        "the npm package webgpu beside this one, or choose backend wasm",
    );
  }
  const adapter = await quietly(() => gpu.requestAdapter({ powerPreference: "high-performance" }));
  // Dawn's null backend accepts every command and computes nothing.
  if (adapter === null || adapter.info.device === "null-backend") {
    throw new Error(`Cannot use WebGPU: no adapter was found; ${INSTALL}`);
  }
  if (options.allowSoftware === false && isSoftwareAdapter(adapter)) {
    throw new Error(
      `Cannot use WebGPU: the only adapter is a software one (${adapterName(adapter.info)} by ` +
        `${adapterApi(adapter)}), ` +
        `slower than WASM; name the backend webgpu to use it all the same`,
    );
  }
  return adapter;
}

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

/** Mesa warns on stderr of a missing XDG_RUNTIME_DIR; computing does not need it. */
async function quietly<T>(f: () => Promise<T>): Promise<T> {
  if (process.platform !== "linux" || process.env.XDG_RUNTIME_DIR !== undefined) return await f();
  process.env.XDG_RUNTIME_DIR = tmpdir();
  try {
    return await f();
  } finally {
    delete process.env.XDG_RUNTIME_DIR;
  }
}
