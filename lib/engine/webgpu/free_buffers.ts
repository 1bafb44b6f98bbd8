/** Buffers that nobody uses, by size and usage. */

/** One of them. */
export interface FreeBuffer {
  buffer: GPUBuffer;
  /** Submit count at the time of release: commands that read the buffer may not be submitted. */
  epoch: number;
}

/** What is looked for. */
export interface Wanted {
  bytes: number;
  usage: number;
  /** Released in this epoch at the latest. */
  epoch: number;
  /** Largest buffer that will do. */
  most: number;
}

/** Idle buffers of a pool. */
export class FreeBuffers {
  readonly #lists = new Map<string, FreeBuffer[]>();

  /** How many there are. */
  get count(): number {
    return [...this.#lists.values()].reduce((n, list) => n + list.length, 0);
  }

  put(entry: FreeBuffer): void {
    const key = keyOf(entry.buffer.size, entry.buffer.usage);
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [entry]);
    else list.push(entry);
  }

  /** Takes the smallest that fits, of these the one released last. */
  take({ bytes, usage, epoch, most }: Wanted): GPUBuffer | null {
    const ready = (f: FreeBuffer) => f.epoch <= epoch;
    const exact = this.#lists.get(keyOf(bytes, usage)) ?? [];
    let list = exact.some(ready) ? exact : null;
    if (list === null && most > bytes) {
      for (const other of this.#lists.values()) {
        const found = other.find(ready)?.buffer;
        if (found?.usage !== usage || found.size < bytes || found.size > most) continue;
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

  /** Takes one out. */
  remove(buffer: GPUBuffer): void {
    const list = this.#lists.get(keyOf(buffer.size, buffer.usage))!;
    list.splice(list.findIndex((f) => f.buffer === buffer), 1);
  }

  /** Takes all out. */
  clear(): GPUBuffer[] {
    const all = [...this.#lists.values()].flat().map((f) => f.buffer);
    this.#lists.clear();
    return all;
  }
}

function keyOf(size: number, usage: number): string {
  return `${size}_${usage}`;
}
