/**
 * tfjs's WebGPU backend with an own device, buffer manager, uniform arena and counters. What it
 * needs of tfjs's private members is named in `_stock_backend.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { packUniforms } from "./pack_uniforms.ts";
import { assertKnownTfjs, type ProgramUniform, Stock, type StockBackend } from "./tfjs_backend.ts";
import type { DeferredWork, Launch } from "./launch.ts";
import { MAP_MODE_READ, USAGE } from "./buffer_usage.ts";
import { BufferManager } from "./buffer_manager.ts";
import { newCounters, type WebgpuCounters } from "./counters.ts";
import type { TrainingDevice } from "./device.ts";
import { chooseTile, type TileName, tileWithin } from "./gemm.ts";
import { widen } from "./float16_storage.ts";
import { largestTensorBytes } from "./limits.ts";
import type { Subgroups } from "./subgroups.ts";
import { productClass } from "./tune.ts";
import { UniformArena, type UniformBinding } from "./uniform_arena.ts";

/** Launches recorded before the queue gets them. */
export const DISPATCHES_PER_SUBMIT = 64;
const STORAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;

/** The WebGPU backend of this toolkit. */
export class TrainingBackend extends Stock {
  readonly counters: WebgpuCounters = newCounters();
  readonly training: TrainingDevice;
  readonly pipelines: Map<string, GPUComputePipeline> = new Map();
  /** Tile of all matrix products; `null` chooses by their size. */
  tile: TileName | null = null;
  /** Fastest tiles of this adapter, as far as they were measured. */
  tiles: Record<string, TileName> = {};
  /** Whether inner loops become text; software adapters compile too slowly for that. */
  unroll: boolean;
  /** Whether kernels read and write halves as WGSL's f16 (else by pack2x16float and its inverse). */
  nativeHalves: boolean;
  /** How sums may use subgroups; set it before the first launch. */
  subgroups: Subgroups | null = null;
  /** Work that waits for more of its kind. */
  deferred: DeferredWork | null = null;
  #submitting = false;
  readonly #buffers: BufferManager;
  readonly #uniforms: UniformArena;

  /**
   * Wraps an open device, which it owns from here on. `capBytes` bounds its buffers.
   *
   * @throws {Error} If the installed tfjs is not the version this engine was written for.
   */
  constructor(training: TrainingDevice, capBytes: number) {
    super(training.device, training.info);
    this.training = training;
    this.unroll = !training.software;
    this.nativeHalves = training.features.includes("shader-f16");
    assertKnownTfjs(this);
    this.#buffers = new BufferManager(training.device, {
      capBytes,
      bindingBytes: largestTensorBytes(training.limits),
      counters: this.counters,
      adapter: training.name,
      submit: () => this.flush(),
    });
    this.bufferManager = this.#buffers;
    this.#uniforms = new UniformArena(training.device);
  }

  /** The pool of buffers. */
  get buffers(): BufferManager {
    return this.#buffers;
  }

  /**
   * The buffer that holds a tensor in 32-bit numbers; it is uploaded, allocated or widened first
   * where needed.
   */
  bufferOf(tensor: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(tensor.dataId);
    return this.tensorMap.get(tensor.dataId).resource!;
  }

  /** The buffer that holds a tensor in halves, allocated first where needed. */
  storageOf(tensor: tf.TensorInfo): GPUBuffer {
    const data = this.tensorMap.get(tensor.dataId);
    const bytes = 2 * tf.util.sizeFromShape(data.shape);
    if (data.resource == null) this.#buffers.purpose = data;
    return data.resource ??= this.#buffers.acquireBuffer(bytes, STORAGE);
  }

  /** What a tensor's buffer holds, which a cast may have left behind. */
  storedType(tensor: tf.TensorInfo): tf.DataType {
    return this.tensorMap.get(tensor.dataId).dtype;
  }

  /** The tile of a product `[m, n]`; all tiles give the same bits. */
  tileFor(m: number, n: number): TileName {
    const measured = this.tiles[productClass(m, n) ?? ""];
    const { limits, software } = this.training;
    const tile = this.tile ?? measured ?? chooseTile(m, n, { few: software });
    return tileWithin(limits.maxComputeWorkgroupStorageSize!, tile);
  }

  /** Records one kernel launch, in order with stock ops. */
  launch(launch: Launch): void {
    this.#settleFor(launch.buffers);
    const uniforms = this.#addUniforms(launch.uniforms);
    const group = this.device.createBindGroup({
      layout: launch.pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: uniforms },
        ...launch.buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
    this.ensureCommandEncoderReady();
    this.computePassEncoder ??= this.commandEncoder!.beginComputePass();
    this.computePassEncoder.setPipeline(launch.pipeline);
    this.computePassEncoder.setBindGroup(0, group);
    this.computePassEncoder.dispatchWorkgroups(...launch.grid);
    this.counters.dispatches++;
    const full = ++this.dispatchCountInPass >= DISPATCHES_PER_SUBMIT;
    if (full && !this.#submitting) this.flush();
  }

  /** Records what was put off; see {@linkcode TrainingBackend.deferred}. */
  settle(): void {
    const work = this.deferred;
    this.deferred = null;
    work?.record();
  }

  /** Records what was put off if it shares a buffer with what comes next. */
  #settleFor(buffers: GPUBuffer[]): void {
    const waiting = this.deferred?.buffers;
    if (waiting !== undefined && buffers.some((buffer) => waiting.has(buffer))) this.settle();
  }

  /** Hands everything recorded to the queue. */
  flush(): void {
    this.settle();
    this.endComputePassEncoder();
    if (this.commandEncoder !== null) this.submitQueue();
  }

  override recordAndSubmit(...args: Parameters<StockBackend["recordAndSubmit"]>): void {
    const [, output, inputs] = args;
    this.#settleFor([output, ...inputs].map((tensor) => this.bufferOf(tensor)));
    this.counters.dispatches++;
    super.recordAndSubmit(...args);
  }

  override readToGPU(dataId: tf.DataId): tf.GPUData {
    if (this.tensorMap.get(dataId).half) widen(this, dataId);
    this.settle();
    return super.readToGPU(dataId);
  }

  override submitQueue(): void {
    this.#submitting = true; // what was put off belongs to these commands
    this.settle();
    this.#submitting = false;
    this.endComputePassEncoder();
    this.#uniforms.flush();
    this.queue.submit([this.commandEncoder!.finish()]);
    this.counters.submits++;
    this.#buffers.epoch++;
    this.commandEncoder = null;
    this.dispatchCountInPass = 0;
    for (const b of this.uniformPendingDisposal) this.#buffers.releaseBuffer(b);
    for (const b of this.stagingPendingDisposal) this.#buffers.releaseBuffer(b, false);
    this.uniformPendingDisposal = [];
    this.stagingPendingDisposal = [];
  }

  /** Frees at once: commands run in order, so later ones may write the buffer again. */
  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.tensorMap.has(dataId)) return true;
    const data = this.tensorMap.get(dataId);
    data.refCount = force ? 0 : data.refCount - 1;
    if (data.refCount > 0) return false;
    if (data.complexTensorInfos != null) {
      this.disposeData(data.complexTensorInfos.real.dataId);
      this.disposeData(data.complexTensorInfos.imag.dataId);
    }
    if (data.resource != null && !data.external) this.#buffers.releaseBuffer(data.resource);
    this.tensorMap.delete(dataId);
    return true;
  }

  override uploadToGPU(dataId: tf.DataId): void {
    const data = this.tensorMap.get(dataId);
    if (data.half) widen(this, dataId);
    if (data.resource != null) return;
    const bytes = 4 * tf.util.sizeFromShape(data.shape);
    this.#buffers.purpose = data;
    if (data.values == null) {
      data.resource = this.#buffers.acquireBuffer(bytes, STORAGE);
      return;
    }
    const Numbers = data.dtype === "float32" ? Float32Array : Int32Array;
    const values = data.values as Float32Array | Int32Array;
    const source = values instanceof Numbers ? values : new Numbers(values);
    data.resource = this.#upload(source, bytes);
    data.values = null;
  }

  override makeUniforms(uniforms: ProgramUniform[]): UniformBinding {
    return this.#addUniforms(packUniforms(uniforms));
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    const data = this.tensorMap.get(dataId);
    if (data.values != null || data.dtype === "complex64" || data.resource == null) {
      return await super.read(dataId);
    }
    this.uploadToGPU(dataId);
    const bytes = await this.#download(data.resource, 4 * tf.util.sizeFromShape(data.shape));
    const values = data.dtype === "float32"
      ? new Float32Array(bytes)
      : data.dtype === "bool"
      ? Uint8Array.from(new Int32Array(bytes))
      : new Int32Array(bytes);
    return values;
  }

  override dispose(): void {
    this.training.errors.close();
    super.dispose();
    this.#uniforms.dispose();
    this.device.destroy();
  }

  #upload(source: Float32Array | Int32Array, bytes: number): GPUBuffer {
    this.counters.uploads++;
    this.counters.uploadBytes += bytes;
    // The queue's write overtakes recorded commands, so they must not use the buffer.
    const buffer = this.#buffers.acquireSettled(bytes, STORAGE);
    if (bytes > 0) this.queue.writeBuffer(buffer, 0, source as Float32Array<ArrayBuffer>);
    return buffer;
  }

  async #download(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.settle();
    this.counters.readbacks++;
    const usage = USAGE.COPY_DST | USAGE.MAP_READ;
    const staging = this.#buffers.acquireBuffer(bytes, usage);
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    this.commandEncoder!.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    this.submitQueue();
    try {
      await staging.mapAsync(MAP_MODE_READ);
      return staging.getMappedRange().slice(0, bytes);
    } finally {
      if (staging.mapState === "mapped") staging.unmap();
      this.#buffers.releaseBuffer(staging);
    }
  }

  #addUniforms(bytes: ArrayBuffer): UniformBinding {
    this.counters.uniformBytes += bytes.byteLength;
    return this.#uniforms.add(bytes, () => this.flush());
  }
}

/**
 * The current backend as a {@linkcode TrainingBackend}.
 *
 * @throws {Error} If another backend is current.
 *
 * @example
 * ```ts
 * import { useBackend } from "@segadv/segadv";
 * import { trainingBackend } from "@segadv/segadv/webgpu";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * assert.throws(() => trainingBackend(), /current backend is "cpu"/);
 * ```
 */
export function trainingBackend(): TrainingBackend {
  const backend = tf.backend();
  if (backend instanceof TrainingBackend) return backend;
  throw new Error(
    `Cannot reach the WebGPU engine: the current backend is "${tf.getBackend()}", select it with ` +
      `useBackend({ backend: "webgpu" }) first`,
  );
}
