/** Stock kernels that own ones replace and fall back to. */
import * as tf from "@tensorflow/tfjs";
import type { KernelCall } from "./kernel.ts";

type Run = (call: KernelCall<unknown>) => tf.TensorInfo | tf.TensorInfo[];

const stock = new Map<string, Run>();

/** Remembers the stock kernel of this name before it is replaced. */
export function keepStock(name: string): void {
  const config = tf.getKernel(name, "webgpu");
  if (config != null) stock.set(name, config.kernelFunc as unknown as Run);
}

/** Puts the stock kernel of this name back, if there was one. */
export function restoreStock(name: string): void {
  const run = stock.get(name);
  if (run === undefined) return;
  const kernelFunc = run as unknown as tf.KernelFunc;
  tf.registerKernel({ kernelName: name, backendName: "webgpu", kernelFunc });
}

/**
 * The stock kernel of this name.
 *
 * @throws {Error} If tfjs has none.
 */
export function stockKernel<A>(
  name: string,
): (call: KernelCall<A>) => tf.TensorInfo | tf.TensorInfo[] {
  const run = stock.get(name);
  if (run === undefined) throw new Error(`Cannot fall back: tfjs has no WebGPU kernel ${name}`);
  return run as (call: KernelCall<A>) => tf.TensorInfo | tf.TensorInfo[];
}
