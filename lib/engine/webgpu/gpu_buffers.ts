/**
 * Buffers as WebGPU takes them: usage flags, reading one back, and the uniforms of kernel launches, one
 * buffer and one write for those of many launches.
 *
 * @module
 */
import type { WgslKernel } from "./wgsl.ts";

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

/** Scalars of an own kernel as bytes, four each. */
export function packScalars(types: WgslKernel["uniforms"], values: number[]): ArrayBuffer {
  const bytes = new ArrayBuffer(4 * values.length);
  const view = new DataView(bytes);
  types.forEach(([, type], i) => {
    const value = values[i]!;
    if (type === "f32") view.setFloat32(4 * i, value, true);
    else if (type === "i32") view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
  return bytes;
}

/** A uniform of one of tfjs's shaders: a scalar or a small vector. */
export interface TfjsUniform {
  /** `int32`, `uint32` or `float32`. */
  type: string;
  data: number[];
}

/** Uniforms of tfjs's shaders as bytes, laid out by WGSL's alignment rules. */
export function packTfjsUniforms(uniforms: TfjsUniform[]): ArrayBuffer {
  let offset = 0;
  let largest = 4;
  let before = 0;
  const places = uniforms.map(({ type, data }) => {
    const values = data.length === 0 ? [1] : data;
    // Rank 5 and 6 are structs of 16-byte alignment, and so is what follows them.
    const align = values.length === 1 ? 4 : values.length === 2 ? 8 : 16;
    const aligned = before > 4 ? 16 : align;
    largest = Math.max(largest, aligned);
    offset = Math.ceil(offset / aligned) * aligned;
    const place = { type, values, offset };
    offset += 4 * values.length;
    before = values.length;
    return place;
  });
  const bytes = new ArrayBuffer(Math.ceil(offset / largest) * largest);
  for (const { type, values, offset } of places) {
    const Numbers = type === "int32" ? Int32Array : type === "uint32" ? Uint32Array : Float32Array;
    new Numbers(bytes, offset, values.length).set(values);
  }
  return bytes;
}

/** A range of a uniform buffer, as a bind group takes it. */
export interface UniformBinding {
  buffer: GPUBuffer;
  offset: number;
  size: number;
}

const CAPACITY = 65536;
/** `minUniformBufferOffsetAlignment`: the largest value that WebGPU lets an adapter demand. */
const ALIGNMENT = 256;

/**
 * Collects the uniforms of the launches of one command buffer. One buffer is enough: the queue's
 * write happens after the commands submitted before it and before those that follow.
 */
export class UniformBuffer {
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #bytes = new Uint8Array(CAPACITY);
  #end = 0;

  /** Allocates the buffer on `device`. */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#buffer = device.createBuffer({
      size: CAPACITY,
      usage: BUFFER_USAGE.UNIFORM | BUFFER_USAGE.COPY_DST,
    });
  }

  /** Adds the uniforms of one launch; `makeRoom` must submit what was recorded. */
  add(bytes: ArrayBuffer, makeRoom: () => void): UniformBinding {
    const size = Math.max(16, Math.ceil(bytes.byteLength / 16) * 16);
    if (this.#end + size > CAPACITY) {
      makeRoom();
      this.flush();
    }
    const offset = this.#end;
    this.#bytes.set(new Uint8Array(bytes), offset);
    this.#end = offset + Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    return { buffer: this.#buffer, offset, size };
  }

  /** Writes what was collected; call it right before the commands are submitted. */
  flush(): void {
    if (this.#end > 0) this.#device.queue.writeBuffer(this.#buffer, 0, this.#bytes, 0, this.#end);
    this.#end = 0;
  }

  /** Destroys the buffer. */
  dispose(): void {
    this.#buffer.destroy();
  }
}
