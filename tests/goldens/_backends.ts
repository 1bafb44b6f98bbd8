/** Runs a body on each backend that works here. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { useBackend } from "../../lib/runtime/backend.ts";

/** Names for the test titles, with the reason where a backend has to be left out. */
export const backends: { name: "cpu" | "wasm" | "webgpu"; skip: string | false }[] = [
  { name: "cpu", skip: false },
  { name: "wasm", skip: false },
  { name: "webgpu", skip: await reasonAgainstWebgpu() },
];

/** Makes `name` current, runs `body`, frees the backend. Errors of the device fail the test. */
export async function onBackend(
  name: "cpu" | "wasm" | "webgpu",
  body: () => Promise<void>,
): Promise<void> {
  const backend = await useBackend({ backend: name, threads: 1 });
  try {
    assert.equal(tf.getBackend(), name);
    await body();
    await backend.checkErrors();
  } finally {
    await backend.dispose();
  }
}

async function reasonAgainstWebgpu(): Promise<string | false> {
  const adapter = await (globalThis.navigator as { gpu?: GPU }).gpu?.requestAdapter();
  return adapter ? false : "no WebGPU adapter (Debian: mesa-vulkan-drivers libvulkan1)";
}
