/**
 * How an op of this folder becomes a tfjs kernel with a gradient. It uses the kernel where the current
 * backend has it and a composition of tfjs ops otherwise, so a backend can grow kernel by kernel.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Whether the current backend registered the named kernel. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

/** Named tensors, as tfjs kernels take them. */
export type NamedTensors = Record<string, tf.Tensor>;

/** Gradients by input name: tensors, or functions, which run only where the gradient is needed. */
export type LazyGradients = Record<string, tf.Tensor | (() => tf.Tensor)>;

/** Attributes of a kernel. */
export type Attrs = object;

/** One op with its gradient and its composition of tfjs ops. */
export interface TrainingKernel<A extends Attrs> {
  name: string;
  /** The same by tfjs ops; runs inside a tidy. */
  compose(inputs: NamedTensors, attrs: A): tf.Tensor[];
  /** Which tensors the gradient needs, and the gradient itself. */
  gradient?: {
    saveInputs: string[];
    saveOutputs: boolean[];
    /** `saved` holds the saved inputs in order, then the saved outputs. */
    run(dys: tf.Tensor[], saved: tf.Tensor[], attrs: A): LazyGradients;
  };
}

/**
 * Runs a kernel on the current backend and returns its outputs, which the caller owns (or the
 * surrounding tidy).
 */
export function runTrainingKernel<A extends Attrs>(
  kernel: TrainingKernel<A>,
  inputs: NamedTensors,
  attrs: A,
): tf.Tensor[] {
  register(kernel);
  const outputs = tf.engine().runKernel(
    kernel.name,
    inputs,
    attrs as unknown as tf.NamedAttrMap,
  ) as tf.Tensor | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * Gives each variable memory of its own where a clone still shares it, so that a kernel that works
 * in place does not change the clone.
 */
export function ownMemory(...variables: tf.Variable[]): void {
  for (const variable of variables) {
    if (tf.backend().refCount(variable.dataId) <= 1) continue;
    const copy = tf.tidy(() => tf.mul(variable, 1));
    variable.assign(copy);
    copy.dispose();
  }
}

/** Registers what is missing: lazily, so that importing the library changes nothing in tfjs. */
function register<A extends Attrs>(kernel: TrainingKernel<A>): void {
  const { name, gradient } = kernel;
  if (!hasKernel(name)) {
    tf.registerKernel({
      kernelName: name,
      backendName: tf.getBackend(),
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => kernel.compose(inputs as NamedTensors, attrs as unknown as A)),
    });
  }
  if (gradient && tf.getGradient(name) == null) {
    tf.registerGradient({
      kernelName: name,
      inputsToSave: gradient.saveInputs,
      outputsToSave: gradient.saveOutputs,
      gradFunc: (dy, saved, attrs) => {
        const dys = Array.isArray(dy) ? dy : [dy];
        const grads = gradient.run(dys, saved, attrs as unknown as A);
        const lazy = Object.entries(grads).map(([key, grad]) =>
          [key, typeof grad === "function" ? grad : () => grad] as const
        );
        return Object.fromEntries(lazy);
      },
    });
  }
}
