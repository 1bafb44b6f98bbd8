/**
 * Parameters of many kernel launches in one buffer and one write.
 *
 * @module
 */
import { USAGE } from "./buffer_usage.ts";

/** A window of a uniform buffer, as a bind group takes it. */
export interface UniformBinding {
  buffer: GPUBuffer;
  offset: number;
  size: number;
}

const ARENA_BYTES = 65536;
/** The largest value that WebGPU lets an adapter demand. */
const ALIGN = 256;

/**
 * Collects the parameters of the launches of one command buffer. Two arenas are not needed: the
 * queue's write happens before the commands that follow it and after those submitted before.
 */
export class UniformArena {
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #bytes = new Uint8Array(ARENA_BYTES);
  #end = 0;

  /** Makes an arena on `device`. */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#buffer = device.createBuffer({
      size: ARENA_BYTES,
      usage: USAGE.UNIFORM | USAGE.COPY_DST,
    });
  }

  /** Adds the parameters of one launch; `makeRoom` must submit what was recorded. */
  add(bytes: ArrayBuffer, makeRoom: () => void): UniformBinding {
    const size = Math.max(16, Math.ceil(bytes.byteLength / 16) * 16);
    if (this.#end + size > ARENA_BYTES) {
      makeRoom();
      this.flush();
    }
    const offset = this.#end;
    this.#bytes.set(new Uint8Array(bytes), offset);
    this.#end = offset + Math.ceil(size / ALIGN) * ALIGN;
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
