/**
 * How the buffer manager reuses buffers: a free list of those not in use, by size and usage; and a
 * static memory plan. A training step requests the same buffers each time. Once its requests have
 * repeated, they can be assigned to buffers so that none is allocated or destroyed from one step to
 * the next, in less memory than a pool that cannot know future requests.
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

/** One request of a step that repeats. */
export interface Demand {
  bytes: number;
  /**
   * How many requests follow, of this step and the next, while the buffer is still in use; `null`
   * where it outlives a whole step.
   */
  life: number | null;
}

/** Which request gets which buffer. */
export interface BufferPlan {
  /** Bytes of each request, in order. */
  demands: number[];
  /** Slot of each request; `null`: none, the buffer lives for too long. */
  slots: (number | null)[];
  /** Bytes of each slot. */
  slotBytes: number[];
}

/**
 * Assigns the requests of a step to slots: largest first, each to the smallest slot whose other
 * requests do not overlap it in time (Pisarchyk and Lee 2020, greedy by size).
 */
export function planBuffers(demands: Demand[]): BufferPlan {
  const period = demands.length;
  const overlap = (i: number, j: number): boolean => {
    const after = (j - i + period) % period;
    return after <= demands[i]!.life! || period - after <= demands[j]!.life!;
  };
  const order = demands.map((_, i) => i).filter((i) => demands[i]!.life !== null)
    .sort((i, j) =>
      demands[j]!.bytes - demands[i]!.bytes || demands[j]!.life! - demands[i]!.life! || i - j
    );
  const slots: (number | null)[] = demands.map(() => null);
  const members: number[][] = [];
  for (const i of order) {
    // Slots are in order of size, largest first: the last that fits is the smallest.
    let slot = members.findLastIndex((others) => others.every((j) => !overlap(i, j)));
    if (slot < 0) slot = members.push([]) - 1;
    members[slot]!.push(i);
    slots[i] = slot;
  }
  return {
    demands: demands.map(({ bytes }) => bytes),
    slots,
    slotBytes: members.map(([largest]) => demands[largest!]!.bytes),
  };
}

/** Fewest requests of a step: shorter repetitions are loops inside a step. */
const SHORTEST_STEP = 8;
const FIRST_WINDOW = 128;
const LAST_WINDOW = 65536;

/** Records requests until they have repeated, and plans. */
export class StepWatcher {
  readonly #bytes: number[] = [];
  /** Requests made when the buffer was released. */
  readonly #ends: (number | null)[] = [];
  /** Length of the longest proper prefix that is also a suffix (Knuth, Morris and Pratt). */
  readonly #borders: number[] = [];
  /** Requests before this one are forgotten. */
  #start = 0;
  #window = FIRST_WINDOW;

  /** Whether it has given up: no repetition within the longest window. */
  get ended(): boolean {
    return this.#window > LAST_WINDOW;
  }

  /** Records a request; returns its number, for {@linkcode StepWatcher.released}. */
  requested(bytes: number): number {
    // The first step may differ from those that follow.
    if (this.#bytes.length >= this.#window) this.#restart();
    this.#bytes.push(bytes);
    this.#ends.push(null);
    let border = this.#borders.at(-1) ?? 0;
    const n = this.#bytes.length - 1;
    while (border > 0 && this.#bytes[border] !== bytes) border = this.#borders[border - 1]!;
    this.#borders.push(n > 0 && this.#bytes[border] === bytes ? border + 1 : 0);
    return this.#start + n;
  }

  /** Records that the buffer of a request was released. */
  released(request: number): void {
    const i = request - this.#start;
    if (i >= 0) this.#ends[i] = this.#bytes.length - 1;
  }

  /**
   * The plan, once three steps have been alike. It begins where the fewest bytes are in use, `wait`
   * requests from now.
   */
  plan(): { plan: BufferPlan; wait: number } | null {
    const n = this.#bytes.length;
    const period = n - (this.#borders.at(-1) ?? 0);
    if (period < SHORTEST_STEP || n < 3 * period || n % period !== 0) return null;
    // The buffers of the second step were released by now, or outlive a whole step.
    const demands = Array.from({ length: period }, (_, i): Demand => {
      const end = this.#ends[period + i]!;
      const life = end === null ? null : end - (period + i);
      return {
        bytes: this.#bytes[period + i]!,
        life: life !== null && life < period ? life : null,
      };
    });
    const wait = quietest(demands);
    return { plan: planBuffers([...demands.slice(wait), ...demands.slice(0, wait)]), wait };
  }

  #restart(): void {
    this.#start += this.#bytes.length;
    this.#window *= 2;
    for (const list of [this.#bytes, this.#ends, this.#borders]) list.length = 0;
  }
}

/** The request before which the fewest bytes are in use. */
function quietest(demands: Demand[]): number {
  const changes = new Float64Array(2 * demands.length + 1);
  demands.forEach(({ bytes, life }, i) => {
    if (life === null) return;
    changes[i + 1]! += bytes;
    changes[i + 1 + life]! -= bytes;
  });
  let [inUse, least, at] = [0, Infinity, 0];
  // The second round includes what the first leaves in use.
  for (let i = 0; i < 2 * demands.length; i++) {
    inUse += changes[i]! + (i >= demands.length ? changes[i - demands.length]! : 0);
    if (i >= demands.length && inUse < least) [least, at] = [inUse, i - demands.length];
  }
  return at;
}
