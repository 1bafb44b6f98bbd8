/**
 * tfjs's WebGPU backend with its own device, buffer manager, uniform buffer and counters. What it
 * needs of tfjs's private members is named in `tfjs_members.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BufferManager } from "./buffer_manager.ts";
import {
  type DeferredWork,
  type Launch,
  newCounters,
  type WebGpuContext,
  type WebgpuCounters,
} from "./context.ts";
import type { TrainingDevice } from "./device.ts";
import { toFloat32 } from "./float16_storage.ts";
import { chooseTile, type TileName, tileWithin } from "./gemm_tiles.ts";
import {
  BUFFER_USAGE,
  MAP_MODE_READ,
  packTfjsUniforms,
  type TfjsUniform,
  type UniformBinding,
  UniformBuffer,
} from "./gpu_buffers.ts";
import { largestTensorBytes } from "./limits.ts";
import { assertKnownTfjs, type TfjsBackend, TfjsWebGpuBackend } from "./tfjs_members.ts";
import { productClass } from "./tile_tuner.ts";
import type { Subgroups } from "./wgsl.ts";

/** Launches that are recorded before they are submitted. */
export const DISPATCHES_PER_SUBMIT = 64;
const STORAGE = BUFFER_USAGE.STORAGE | BUFFER_USAGE.COPY_SRC | BUFFER_USAGE.COPY_DST;

/** The WebGPU backend of this toolkit. */
export class TrainingBackend extends TfjsWebGpuBackend implements WebGpuContext {
  readonly counters: WebgpuCounters = newCounters();
  readonly training: TrainingDevice;
  readonly pipelines: Map<string, GPUComputePipeline> = new Map();
  /** Tile of all matrix products; `null`: chosen by their size. */
  tile: TileName | null = null;
  /** Measured fastest tiles of this adapter, by size class. */
  tiles: Record<string, TileName> = {};
  readonly unroll: boolean;
  nativeFloat16: boolean;
  /** Set it before the first launch. */
  subgroups: Subgroups | null = null;
  deferred: DeferredWork | null = null;
  #submitting = false;
  readonly #buffers: BufferManager;
  readonly #uniforms: UniformBuffer;

  /**
   * Wraps an open device, which it owns from here on. `capBytes` is the most its buffers may take.
   *
   * @throws {Error} If the installed tfjs is not the version this engine was written for.
   */
  constructor(training: TrainingDevice, capBytes: number) {
    super(training.device, training.info);
    this.training = training;
    this.unroll = !training.software;
    this.nativeFloat16 = training.features.includes("shader-f16");
    assertKnownTfjs(this);
    this.#buffers = new BufferManager(training.device, {
      capBytes,
      bindingBytes: largestTensorBytes(training.limits),
      counters: this.counters,
      adapter: training.name,
      submit: () => this.flush(),
    });
    this.bufferManager = this.#buffers;
    this.#uniforms = new UniformBuffer(training.device);
  }

  /** The pool of buffers. */
  get buffers(): BufferManager {
    return this.#buffers;
  }

  isFloat16(tensor: tf.TensorInfo): boolean {
    return this.tensorMap.get(tensor.dataId).float16 === true;
  }

  bufferOf(tensor: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(tensor.dataId);
    return this.tensorMap.get(tensor.dataId).resource!;
  }

  float16BufferOf(tensor: tf.TensorInfo): GPUBuffer {
    const data = this.tensorMap.get(tensor.dataId);
    const bytes = 2 * tf.util.sizeFromShape(data.shape);
    if (data.resource == null) this.#buffers.purpose = data;
    return data.resource ??= this.#buffers.acquireBuffer(bytes, STORAGE);
  }

  tileFor(m: number, n: number): TileName {
    const measured = this.tiles[productClass(m, n) ?? ""];
    const { limits, software } = this.training;
    const tile = this.tile ?? measured ?? chooseTile(m, n, { few: software });
    return tileWithin(limits.maxComputeWorkgroupStorageSize!, tile);
  }

  launch(launch: Launch): void {
    this.#recordDeferredUsing(launch.buffers);
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

  recordDeferred(): void {
    const work = this.deferred;
    this.deferred = null;
    work?.record();
  }

  /** Records deferred work if it uses one of these buffers. */
  #recordDeferredUsing(buffers: GPUBuffer[]): void {
    const deferred = this.deferred?.buffers;
    if (deferred !== undefined && buffers.some((buffer) => deferred.has(buffer))) {
      this.recordDeferred();
    }
  }

  flush(): void {
    this.recordDeferred();
    this.endComputePassEncoder();
    if (this.commandEncoder !== null) this.submitQueue();
  }

  override recordAndSubmit(...args: Parameters<TfjsBackend["recordAndSubmit"]>): void {
    const [, output, inputs] = args;
    this.#recordDeferredUsing([output, ...inputs].map((tensor) => this.bufferOf(tensor)));
    this.counters.dispatches++;
    super.recordAndSubmit(...args);
  }

  override readToGPU(dataId: tf.DataId): tf.GPUData {
    if (this.tensorMap.get(dataId).float16) toFloat32(this, dataId);
    this.recordDeferred();
    return super.readToGPU(dataId);
  }

  override submitQueue(): void {
    this.#submitting = true; // deferred work belongs to these commands
    this.recordDeferred();
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

  /** Frees at once: commands run in order, so later ones may reuse the buffer. */
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
    if (data.float16) toFloat32(this, dataId);
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

  override makeUniforms(uniforms: TfjsUniform[]): UniformBinding {
    return this.#addUniforms(packTfjsUniforms(uniforms));
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
    this.recordDeferred();
    this.counters.readbacks++;
    const usage = BUFFER_USAGE.COPY_DST | BUFFER_USAGE.MAP_READ;
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
