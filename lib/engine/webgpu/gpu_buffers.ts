/**
 * Buffer usage flags, and reading a buffer back.
 *
 * @module
 */

/** `GPUBufferUsage` by WebGPU's numbers: an injected implementation need not define the global. */
export const BUFFER_USAGE = {
  MAP_READ: 0x1,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;

/** `GPUMapMode.READ`. */
export const MAP_MODE_READ = 0x1;

/**
 * Appends a copy of the first `bytes` of `buffer` to the commands of `encoder`, submits them and
 * waits for the copy.
 */
export async function submitAndRead(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  source: { buffer: GPUBuffer; bytes: number },
): Promise<ArrayBuffer> {
  const { buffer, bytes } = source;
  const usage = BUFFER_USAGE.COPY_DST | BUFFER_USAGE.MAP_READ;
  const staging = device.createBuffer({ size: bytes, usage });
  try {
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy(); // which also unmaps it
  }
}
