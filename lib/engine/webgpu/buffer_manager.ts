/**
 * Buffers of the training backend: size classes so that changing shapes do not pile up buffers, a
 * byte cap, a peak figure, and trimming of what lies idle. Takes the place of tfjs's own manager,
 * which keeps every buffer of every size for ever.
 *
 * @module
 */
import { USAGE } from "./_usage.ts";
import type { WebgpuCounters } from "./counters.ts";
import { assertTensorFits } from "./limits.ts";

/** What a buffer is wanted for. */
export interface BufferPurpose {
  dtype: string;
  shape: readonly number[];
}

/** Options of {@linkcode BufferManager}. */
export interface BufferManagerOptions {
  /** Most bytes to allocate. */
  capBytes: number;
  /** Largest buffer that one binding can show. */
  bindingBytes: number;
  /** Adapter in words, for messages. */
  adapter: string;
  counters: WebgpuCounters;
  /** Submits what was recorded. */
  submit: () => void;
}

interface FreeBuffer {
  buffer: GPUBuffer;
  /** Submit count at the time of release: commands that read the buffer may not be submitted. */
  epoch: number;
}

/** Idle bytes that are kept, as a share of the peak of those in use. */
const IDLE_SHARE = 0.25;
/** Smallest size class in bytes. */
const SMALLEST = 256;
/**
 * Rounds up to a size class: eight classes an octave, so at most an eighth is wasted. Classes never
 * pass `limit` unless `bytes` does.
 */
export function sizeClass(bytes: number, limit: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = Math.max(SMALLEST, 2 ** (Math.floor(Math.log2(bytes)) - 3));
  const rounded = Math.ceil(bytes / step) * step;
  return rounded <= limit ? rounded : Math.ceil(bytes / 4) * 4;
}

/** Pool of GPU buffers; the methods that tfjs calls carry tfjs's names. */
export class BufferManager {
  /** Bytes in buffers that are in use. */
  numBytesUsed = 0;
  /** Bytes in use and idle. */
  numBytesAllocated = 0;
  /** Submits so far: a buffer released in an earlier epoch is idle on the adapter's side too. */
  epoch = 0;
  /** Idle bytes that are kept in any case, so that small models never trim. */
  keepIdleBytes: number = 64 * 2 ** 20;
  /** Most bytes to allocate. */
  capBytes: number;
  /** The tensor that the next buffer is for; messages name it. */
  purpose: BufferPurpose | null = null;
  readonly #device: GPUDevice;
  readonly #options: BufferManagerOptions;
  readonly #free = new Map<string, FreeBuffer[]>();
  readonly #used = new Set<GPUBuffer>();

  /** Makes an empty pool on `device`. */
  constructor(device: GPUDevice, options: BufferManagerOptions) {
    this.#device = device;
    this.#options = options;
    this.capBytes = options.capBytes;
  }

  /**
   * A buffer of at least `size` bytes; its content is anything. Buffers that can be mapped are
   * exact and, where `mappedAtCreation`, new.
   *
   * @throws {RangeError} If no binding can show it, or it does not fit under the cap although
   * everything idle was destroyed; the message names the tensor, its size and what to lower.
   */
  acquireBuffer(
    size: number,
    usage: number,
    mappedAtCreation = false,
    reuse = true,
  ): GPUBuffer {
    // Commands run in order, so a storage buffer may be written again by the commands that follow;
    // what the processor writes or maps must not be in use by commands that are not submitted.
    const storage = (usage & USAGE.STORAGE) !== 0;
    const epoch = storage ? this.epoch : this.epoch - 1;
    return this.#acquire(size, { usage, epoch, mapped: mappedAtCreation && !storage, reuse });
  }

  /** A storage buffer that no recorded command uses, for the processor to write. */
  acquireSettled(size: number, usage: number): GPUBuffer {
    return this.#acquire(size, { usage, epoch: this.epoch - 1, mapped: false, reuse: true });
  }

  #acquire(
    size: number,
    options: { usage: number; epoch: number; mapped: boolean; reuse: boolean },
  ): GPUBuffer {
    const { usage, epoch, mapped, reuse } = options;
    const isStorage = (usage & USAGE.STORAGE) !== 0;
    const bytes = isStorage ? sizeClass(size, this.#options.bindingBytes) : pad4(size);
    const key = bufferKey(bytes, usage);
    const buffer = (reuse && !mapped ? this.#takeFree(key, epoch) : null) ??
      this.#create(bytes, { usage, mapped });
    this.purpose = null;
    this.#used.add(buffer);
    this.numBytesUsed += buffer.size;
    const counters = this.#options.counters;
    counters.peakUsedBytes = Math.max(counters.peakUsedBytes, this.numBytesUsed);
    return buffer;
  }

  /** Gives a buffer back; with `reuse` false it is destroyed. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    if (!this.#used.delete(buffer)) return; // disposed before its release was due
    this.numBytesUsed -= buffer.size;
    if (!reuse) {
      this.#destroy(buffer);
      return;
    }
    const key = bufferKey(buffer.size, buffer.usage);
    const list = this.#free.get(key);
    const entry = { buffer, epoch: this.epoch };
    if (list === undefined) this.#free.set(key, [entry]);
    else list.push(entry);
  }

  /** Destroys idle buffers, largest first, until at most `keepBytes` are allocated. */
  trim(keepBytes = 0): void {
    if (this.numBytesAllocated <= keepBytes) return;
    const idle = [...this.#free.values()].flat()
      .filter((f) => f.epoch < this.epoch)
      .sort((a, b) => b.buffer.size - a.buffer.size);
    for (const entry of idle) {
      if (this.numBytesAllocated <= keepBytes) return;
      const list = this.#free.get(bufferKey(entry.buffer.size, entry.buffer.usage))!;
      list.splice(list.indexOf(entry), 1);
      this.#destroy(entry.buffer);
    }
  }

  /** Number of buffers in use. */
  getNumUsedBuffers(): number {
    return this.#used.size;
  }

  /** Number of idle buffers. */
  getNumFreeBuffers(): number {
    return [...this.#free.values()].reduce((n, list) => n + list.length, 0);
  }

  /** Destroys every buffer. */
  dispose(): void {
    for (const list of this.#free.values()) for (const f of list) f.buffer.destroy();
    for (const buffer of this.#used) buffer.destroy();
    this.#free.clear();
    this.#used.clear();
    this.numBytesUsed = 0;
    this.numBytesAllocated = 0;
  }

  /** An idle buffer that was released in this epoch at the latest. */
  #takeFree(key: string, epoch: number): GPUBuffer | null {
    const list = this.#free.get(key) ?? [];
    for (let i = list.length - 1; i >= 0; i--) {
      if (list[i]!.epoch <= epoch) return list.splice(i, 1)[0]!.buffer;
    }
    return null;
  }

  #create(bytes: number, options: { usage: number; mapped: boolean }): GPUBuffer {
    const { usage, mapped } = options;
    const { counters, bindingBytes, adapter } = this.#options;
    const { capBytes } = this;
    const what = this.purpose === null ? "buffer" : describe(this.purpose);
    this.purpose = null;
    if ((usage & USAGE.STORAGE) !== 0) {
      assertTensorFits(bytes, { what, limit: { bytes: bindingBytes, device: adapter } });
    }
    // Idle buffers of the wrong sizes may take as much as a share of what the run needs anyway.
    const keep = Math.max(this.keepIdleBytes, counters.peakUsedBytes * IDLE_SHARE);
    const most = Math.min(capBytes, Math.max(this.numBytesUsed, counters.peakUsedBytes) + keep);
    if (this.numBytesAllocated + bytes > most) {
      this.#options.submit(); // so that what recorded commands used can be destroyed
      this.trim(most - bytes);
    }
    if (this.numBytesAllocated + bytes > capBytes) {
      throw new RangeError(outOfMemory(what, { bytes, used: this.numBytesUsed, cap: capBytes }));
    }
    const buffer = this.#device.createBuffer({
      label: what, // the adapter's own errors name it
      size: bytes,
      usage,
      mappedAtCreation: mapped,
    });
    this.numBytesAllocated += bytes;
    counters.peakAllocatedBytes = Math.max(counters.peakAllocatedBytes, this.numBytesAllocated);
    return buffer;
  }

  #destroy(buffer: GPUBuffer): void {
    this.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}

/** Text of the error for a tensor that does not fit beside the others. */
function outOfMemory(
  what: string,
  { bytes, used, cap }: { bytes: number; used: number; cap: number },
): string {
  const mib = (n: number) => `${(n / 2 ** 20).toFixed(1)} MiB`;
  return `Out of adapter memory: ${what} of ${mib(bytes)} does not fit beside ${mib(used)} in ` +
    `use under the cap of ${mib(cap)}; lower data.batch, data.crop or model.width`;
}

function describe({ dtype, shape }: BufferPurpose): string {
  return `${dtype} tensor [${shape}]`;
}

function pad4(size: number): number {
  return Math.max(4, Math.ceil(size / 4) * 4);
}

function bufferKey(size: number, usage: number): string {
  return `${size}_${usage}`;
}
