/**
 * The backend of a page.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { type BackendInfo, useBackend, type UseBackendOptions } from "../backend/use_backend.ts";

/** Options of {@linkcode usePageBackend}. */
export interface PageBackendOptions extends UseBackendOptions {
  /**
   * URL of the folder with the binary of tfjs's WASM backend, ended by `/`.
   * @default the folder of this module
   */
  binaries?: string;
}

/** The current backend, and why it works with one thread, in a line; `null` where it has more. */
export interface PageBackend extends BackendInfo {
  oneThread: string | null;
}

/**
 * Makes a backend current for all of tfjs in this page or worker.
 *
 * @throws {Error} If the backend cannot run here; the message says what to choose.
 *
 * @example
 * ```ts
 * import { usePageBackend } from "@segadv/segadv/browser";
 * import assert from "node:assert/strict";
 *
 * const backend = await usePageBackend({ backend: "cpu" });
 * assert.equal(backend.oneThread, null); // it knows no threads
 * ```
 */
export async function usePageBackend(options: PageBackendOptions): Promise<PageBackend> {
  const { binaries = new URL("./", import.meta.url).href } = options;
  setWasmPaths(binaries);
  // tfjs's own threads would take the place of the engine's, which share one memory with all kernels
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const backend = await useBackend(options);
  return { ...backend, oneThread: backend.name === "wasm" ? whyOneThread() : null };
}

function whyOneThread(): string | null {
  if ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated) return null;
  return "one thread: this page is not isolated, so that it may share no memory; serve it with " +
    "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
}
