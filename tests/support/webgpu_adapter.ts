/** Why WebGPU tests cannot run here, or false where they can. */
export async function noAdapter(): Promise<string | false> {
  if (!("Deno" in globalThis)) return "WebGPU tests run in Deno only";
  const { requestAdapter } = await import("../../lib/engine/webgpu/device.ts");
  try {
    await requestAdapter();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}
