/** What every kernel file exports to `register_kernels.ts`. */
import type * as tf from "@tensorflow/tfjs";
import type { TrainingBackend } from "../training_backend.ts";

/** Inputs, attributes and backend of one kernel call. */
export interface KernelCall<A> {
  inputs: Record<string, tf.TensorInfo>;
  attrs: A;
  backend: TrainingBackend;
}

/** A kernel of tfjs's registry, on this backend. */
export interface Kernel<A> {
  name: string;
  run(call: KernelCall<A>): tf.TensorInfo | tf.TensorInfo[];
}

/** Number of values of a tensor. */
export function sizeOf(tensor: tf.TensorInfo): number {
  return tensor.shape.reduce((product, d) => product * d, 1);
}
