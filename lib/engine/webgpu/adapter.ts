/**
 * Finds the adapter to train on, and describes it: its name, the interface that it is reached by, and
 * whether it is a software one.
 *
 * @module
 */
import type * as os from "node:os";
import type * as nodeProcess from "node:process";
import { builtin } from "../../util/host.ts";
import { runtimeName } from "../../util/version.ts";

/** Interface of the system that an implementation of WebGPU calls. */
export type AdapterApi = "Vulkan" | "Metal" | "D3D12" | "OpenGL";

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
export function adapterApi(adapter: GPUAdapter, platform: string = platformName()): AdapterApi {
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
  if (/^(deno|browser) /.test(runtimeName())) return null;
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

/** Mesa warns on stderr of a missing XDG_RUNTIME_DIR; computing does not need it. */
async function quietly<T>(f: () => Promise<T>): Promise<T> {
  const process = builtin<typeof nodeProcess>("node:process");
  if (process === null) return await f();
  if (process.platform !== "linux" || process.env.XDG_RUNTIME_DIR !== undefined) return await f();
  process.env.XDG_RUNTIME_DIR = builtin<typeof os>("node:os")!.tmpdir();
  try {
    return await f();
  } finally {
    delete process.env.XDG_RUNTIME_DIR;
  }
}

/** The system by Node's name; of a page by what the browser says. */
function platformName(): string {
  const own = builtin<typeof nodeProcess>("node:process")?.platform;
  if (own !== undefined) return own;
  const agent = globalThis.navigator?.userAgent ?? "";
  return /Windows/.test(agent) ? "win32" : /Mac OS/.test(agent) ? "darwin" : "linux";
}
