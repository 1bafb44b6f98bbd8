/**
 * Free list of the buffer manager: buffers not in use, by size and usage.
 *
 * @module
 */

/** A buffer that is not in use. */
export interface FreeBuffer {
  buffer: GPUBuffer;
  /** Submit count at the time of release: commands that read the buffer may not be submitted. */
  epoch: number;
}

/** Which free buffer will do. */
export interface FreeBufferQuery {
  bytes: number;
  usage: number;
  /** Latest epoch of its release. */
  epoch: number;
  /** Largest size. */
  maxBytes: number;
}

/** Buffers not in use. */
export class FreeList {
  readonly #lists = new Map<string, FreeBuffer[]>();

  /** How many there are. */
  get count(): number {
    return [...this.#lists.values()].reduce((n, list) => n + list.length, 0);
  }

  /** Adds a buffer. */
  put(entry: FreeBuffer): void {
    const key = keyOf(entry.buffer.size, entry.buffer.usage);
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [entry]);
    else list.push(entry);
  }

  /** Removes and returns the smallest that fits, of these the one released last. */
  take({ bytes, usage, epoch, maxBytes }: FreeBufferQuery): GPUBuffer | null {
    const ready = (f: FreeBuffer) => f.epoch <= epoch;
    const exact = this.#lists.get(keyOf(bytes, usage)) ?? [];
    let list = exact.some(ready) ? exact : null;
    if (list === null && maxBytes > bytes) {
      for (const other of this.#lists.values()) {
        const found = other.find(ready)?.buffer;
        if (found?.usage !== usage || found.size < bytes || found.size > maxBytes) continue;
        if (list === null || found.size < list[0]!.buffer.size) list = other;
      }
    }
    return list === null ? null : list.splice(list.findLastIndex(ready), 1)[0]!.buffer;
  }

  /** Those released before `epoch`, largest first. */
  settled(epoch: number): GPUBuffer[] {
    return [...this.#lists.values()].flat()
      .filter((f) => f.epoch < epoch)
      .map((f) => f.buffer)
      .sort((a, b) => b.size - a.size);
  }

  /** Removes a buffer. */
  remove(buffer: GPUBuffer): void {
    const list = this.#lists.get(keyOf(buffer.size, buffer.usage))!;
    list.splice(list.findIndex((f) => f.buffer === buffer), 1);
  }

  /** Removes and returns all. */
  clear(): GPUBuffer[] {
    const all = [...this.#lists.values()].flat().map((f) => f.buffer);
    this.#lists.clear();
    return all;
  }
}

function keyOf(size: number, usage: number): string {
  return `${size}_${usage}`;
}
