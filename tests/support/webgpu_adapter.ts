import process from "node:process";

/** Why WebGPU tests cannot run here, or false where they can; the first test file prints it. */
export async function noAdapter(): Promise<string | false> {
  if (!("Deno" in globalThis)) return "WebGPU tests run in Deno only";
  const { requestAdapter, slowAdapter } = await import("../../lib/engine/webgpu/adapter.ts");
  const reason = await requestAdapter().then(slowAdapter, (error: Error) => error.message);
  // Test files are threads of one process, which share its environment
  if (reason !== null && process.env.SEGADV_SKIP_PRINTED === undefined) {
    process.env.SEGADV_SKIP_PRINTED = "1";
    console.warn(`WebGPU tests are skipped: ${reason}`);
  }
  return reason ?? false;
}
