/**
 * What a kernel file exports to `register.ts`, and tfjs's own kernels, which the engine's
 * replace and fall back to.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGpuContext } from "../context.ts";

/** Inputs, attributes and backend of one kernel call. */
export interface KernelCall<A> {
  inputs: Record<string, tf.TensorInfo>;
  attrs: A;
  backend: WebGpuContext;
}

/** A kernel of tfjs's registry, on this backend. */
export interface Kernel<A> {
  name: string;
  run(call: KernelCall<A>): tf.TensorInfo | tf.TensorInfo[];
}

/** Number of values of a tensor. */
export function sizeOf(tensor: tf.TensorInfo): number {
  return tf.util.sizeFromShape(tensor.shape);
}

const tfjsKernels = new Map<string, Kernel<unknown>["run"]>();

/** Remembers tfjs's kernel of this name before it is replaced. */
export function saveTfjsKernel(name: string): void {
  const config = tf.getKernel(name, "webgpu");
  if (config != null) tfjsKernels.set(name, config.kernelFunc as unknown as Kernel<unknown>["run"]);
}

/** Registers tfjs's kernel of this name again, if there was one. */
export function restoreTfjsKernel(name: string): void {
  const run = tfjsKernels.get(name);
  if (run === undefined) return;
  const kernelFunc = run as unknown as tf.KernelFunc;
  tf.registerKernel({ kernelName: name, backendName: "webgpu", kernelFunc });
}

/**
 * tfjs's kernel of this name.
 *
 * @throws {Error} If tfjs has none.
 */
export function tfjsKernel<A>(name: string): Kernel<A>["run"] {
  const run = tfjsKernels.get(name);
  if (run === undefined) throw new Error(`Cannot fall back: tfjs has no WebGPU kernel ${name}`);
  return run as Kernel<A>["run"];
}
