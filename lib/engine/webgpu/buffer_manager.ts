/**
 * Pool of the training backend's buffers: size classes so that changing shapes do not accumulate
 * buffers, a byte cap, a peak figure, and trimming of idle buffers. Replaces tfjs's own manager,
 * which keeps every buffer of every size for ever.
 *
 * @module
 */
import { type BufferPlan, FreeList, StepWatcher } from "./buffer_reuse.ts";
import { BUFFER_USAGE } from "./gpu_buffers.ts";
import type { WebgpuCounters } from "./context.ts";
import {
  assertTensorFits,
  type BufferPurpose,
  describeTensor,
  outOfMemoryError,
} from "./limits.ts";

/** Options of {@linkcode BufferManager}. */
export interface BufferManagerOptions {
  /** Most bytes to allocate. */
  capBytes: number;
  /** Largest buffer that can be bound. */
  bindingBytes: number;
  /** Name of the adapter, for messages. */
  adapter: string;
  counters: WebgpuCounters;
  /** Submits what was recorded. */
  submit: () => void;
}

/** A buffer plan in use. */
interface ActivePlan {
  plan: BufferPlan;
  /** Requests until it begins. */
  wait: number;
  /** Bytes of all its slots. */
  total: number;
  /** Index of the next request that it expects. */
  next: number;
  /** Requests since then that it did not expect. */
  misses: number;
  /** By slot, as far as they were allocated. */
  buffers: GPUBuffer[];
  members: Set<GPUBuffer>;
}

/** Idle bytes that are kept, as a share of the peak of those in use. */
const IDLE_SHARE = 0.1;
/** An idle buffer may be larger than what is wanted by this factor. */
const LARGER = 1.5;
/** Smallest size class in bytes. */
const SMALLEST = 256;
/**
 * Rounds up to a size class: 32 classes an octave, so at most 1/32 is wasted. Classes never pass
 * `limit` unless `bytes` does.
 */
export function sizeClass(bytes: number, limit: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = Math.max(SMALLEST, 2 ** (Math.floor(Math.log2(bytes)) - 5));
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
  readonly #free = new FreeList();
  readonly #used = new Set<GPUBuffer>();
  /** Records requests once memory is short; its result is the plan. */
  #watcher: StepWatcher | null = null;
  readonly #watched = new Map<GPUBuffer, number>();
  #plan: ActivePlan | null = null;

  /** Makes an empty pool on `device`. */
  constructor(device: GPUDevice, options: BufferManagerOptions) {
    this.#device = device;
    this.#options = options;
    this.capBytes = options.capBytes;
  }

  /**
   * A buffer of at least `size` bytes, not initialised. Buffers that can be mapped are of exactly
   * that size and, where `mappedAtCreation`, new.
   *
   * @throws {RangeError} If it exceeds the largest binding, or the cap although every idle buffer was
   * destroyed; the message names the tensor, its size and what to lower.
   */
  acquireBuffer(size: number, usage: number, mappedAtCreation = false): GPUBuffer {
    // Commands run in order, so a storage buffer may be written again by the commands that follow;
    // what the processor writes or maps must not be in use by commands not yet submitted.
    const storage = (usage & BUFFER_USAGE.STORAGE) !== 0;
    const epoch = storage ? this.epoch : this.epoch - 1;
    const bytes = storage ? sizeClass(size, this.#options.bindingBytes) : size;
    const planned = storage ? this.#planned(bytes, usage) : null;
    const mapped = mappedAtCreation && !storage;
    const buffer = this.#use(planned ?? this.#acquire(bytes, { usage, epoch, mapped }));
    if (storage) this.#watch(buffer, bytes);
    return buffer;
  }

  /** A storage buffer that no recorded command uses, for the processor to write. */
  acquireSettled(size: number, usage: number): GPUBuffer {
    const bytes = sizeClass(size, this.#options.bindingBytes);
    return this.#use(this.#acquire(bytes, { usage, epoch: this.epoch - 1, mapped: false }));
  }

  #acquire(
    size: number,
    options: { usage: number; epoch: number; mapped: boolean },
  ): GPUBuffer {
    const { usage, epoch, mapped } = options;
    const bytes = pad4(size);
    const maxBytes = (usage & BUFFER_USAGE.STORAGE) !== 0 ? LARGER * bytes : bytes;
    return (mapped ? null : this.#free.take({ bytes, usage, epoch, maxBytes })) ??
      this.#create(bytes, { usage, mapped });
  }

  /** Counts a buffer as in use. */
  #use(buffer: GPUBuffer): GPUBuffer {
    this.purpose = null;
    this.#used.add(buffer);
    this.numBytesUsed += buffer.size;
    const counters = this.#options.counters;
    counters.peakUsedBytes = Math.max(counters.peakUsedBytes, this.numBytesUsed);
    return buffer;
  }

  /** The buffer that the plan has for this request; `null` where it has none. */
  #planned(bytes: number, usage: number): GPUBuffer | null {
    const plan = this.#plan;
    if (plan === null || plan.wait-- > 0) return null;
    if (plan.wait === -1) {
      this.#options.submit(); // so that all idle buffers can be destroyed
      this.#trimIdle(0);
    }
    const { demands, slots, slotBytes } = plan.plan;
    if (demands[plan.next] !== bytes) {
      // Something between two steps, such as validation; after a while, another kind of step.
      if (++plan.misses > demands.length) this.#leavePlan(this.epoch);
      return null;
    }
    const slot = slots[plan.next]!;
    plan.next = (plan.next + 1) % demands.length;
    plan.misses = 0;
    if (slot === null) return null;
    const planned = plan.buffers[slot];
    if (planned !== undefined) {
      return planned.usage === usage && !this.#used.has(planned) ? planned : null;
    }
    const exact = slotBytes[slot]!;
    const buffer = this.#free.take({ bytes: exact, maxBytes: exact, usage, epoch: this.epoch }) ??
      this.#create(exact, { usage, mapped: false });
    plan.buffers[slot] = buffer;
    plan.members.add(buffer);
    return buffer;
  }

  /** Passes a request to the watcher, and takes its plan once it has one. */
  #watch(buffer: GPUBuffer, bytes: number): void {
    if (this.#watcher === null) return;
    this.#watched.set(buffer, this.#watcher.requested(bytes));
    const plan = this.#watcher.plan();
    if (plan === null && !this.#watcher.ended) return;
    this.#watcher = null;
    this.#watched.clear();
    if (plan === null) return;
    const total = plan.plan.slotBytes.reduce((sum, n) => sum + n, 0);
    this.#plan = { ...plan, total, next: 0, misses: 0, buffers: [], members: new Set() };
  }

  /** Moves the plan's buffers to the free list, as released in `epoch`. */
  #leavePlan(epoch: number): void {
    const members = this.#plan?.members ?? [];
    this.#plan = null;
    for (const buffer of members) if (!this.#used.has(buffer)) this.#free.put({ buffer, epoch });
  }

  /** Releases a buffer; with `reuse` false it is destroyed. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    if (!this.#used.delete(buffer)) return; // disposed before its release was due
    this.numBytesUsed -= buffer.size;
    this.#watcher?.released(this.#watched.get(buffer) ?? -1);
    this.#watched.delete(buffer);
    if (!reuse) {
      this.#plan?.members.delete(buffer);
      this.#destroy(buffer);
    } else if (!this.#plan?.members.has(buffer)) this.#free.put({ buffer, epoch: this.epoch });
  }

  /** Destroys idle buffers, largest first, until at most `keepBytes` are allocated. */
  trim(keepBytes = 0): void {
    if (this.numBytesAllocated <= keepBytes) return;
    if (keepBytes < (this.#plan?.total ?? 0)) {
      this.#options.submit();
      this.#leavePlan(this.epoch - 1);
    }
    this.#trimIdle(keepBytes);
  }

  #trimIdle(keepBytes: number): void {
    for (const buffer of this.#free.settled(this.epoch)) {
      if (this.numBytesAllocated <= keepBytes) return;
      this.#free.remove(buffer);
      this.#destroy(buffer);
    }
  }

  /** Number of buffers in use. */
  getNumUsedBuffers(): number {
    return this.#used.size;
  }

  /** Number of idle buffers. */
  getNumFreeBuffers(): number {
    const planned = [...this.#plan?.members ?? []].filter((buffer) => !this.#used.has(buffer));
    return this.#free.count + planned.length;
  }

  /** Destroys every buffer. */
  dispose(): void {
    this.#leavePlan(this.epoch);
    for (const buffer of this.#free.clear()) buffer.destroy();
    for (const buffer of this.#used) buffer.destroy();
    this.#used.clear();
    this.numBytesUsed = 0;
    this.numBytesAllocated = 0;
  }

  #create(bytes: number, options: { usage: number; mapped: boolean }): GPUBuffer {
    const { usage, mapped } = options;
    const { counters, bindingBytes, adapter } = this.#options;
    const { capBytes } = this;
    const what = this.purpose === null ? "buffer" : describeTensor(this.purpose);
    this.purpose = null;
    if ((usage & BUFFER_USAGE.STORAGE) !== 0) {
      assertTensorFits(bytes, what, { bytes: bindingBytes, device: adapter });
    }
    // Idle buffers of other sizes may take up to a share of what the run needs anyway.
    const keep = Math.max(this.keepIdleBytes, counters.peakUsedBytes * IDLE_SHARE);
    const needed = Math.max(this.numBytesUsed, counters.peakUsedBytes);
    const most = Math.min(capBytes, needed + keep);
    if (this.numBytesAllocated + bytes > most) {
      if (this.#plan === null) this.#watcher ??= new StepWatcher();
      this.#options.submit(); // so that what recorded commands used can be destroyed
      this.#trimIdle(most - bytes);
      // Still short: the plan's buffers go as well.
      if (this.numBytesAllocated + bytes > capBytes) this.trim(capBytes - bytes);
    }
    if (this.numBytesAllocated + bytes > capBytes) {
      throw outOfMemoryError(what, { bytes, used: this.numBytesUsed, cap: capBytes });
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

function pad4(size: number): number {
  return Math.max(4, Math.ceil(size / 4) * 4);
}
