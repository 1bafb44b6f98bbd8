/**
 * Gradients in place of those of tfjs that need tensors made on the processor (`ones` of the input's
 * size, uploaded at each call) or two passes where one is enough.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { replaceConvGradients, restoreConvGradients } from "../ops/dilated_conv2d.ts";
import { LEAKY_RELU_GRAD } from "../ops/kernels.ts";

type Gradient = NonNullable<ReturnType<typeof tf.getGradient>>;
type GradFunc = Gradient["gradFunc"];

/** Gradient of a sum: dy broadcast to x; of a mean: dy / n. */
function broadcastGradient(name: "Sum" | "Mean"): GradFunc {
  return (dy, saved, attrs) => {
    const x = saved[0]!;
    const { axis } = attrs as unknown as { axis: number | number[] };
    // The axes of a Mean are not in its attributes when all are meant.
    const axes = new Set(tf.util.parseAxisParam(axis ?? x.shape.map((_, i) => i), x.shape));
    const shape = x.shape.map((d, i) => axes.has(i) ? 1 : d);
    const count = x.shape.reduce((product, d, i) => axes.has(i) ? product * d : product, 1);
    return {
      x: () => {
        const kept = tf.reshape(dy as tf.Tensor, shape);
        return tf.broadcastTo(name === "Mean" ? tf.div(kept, count) : kept, x.shape);
      },
    };
  };
}

const GRADIENTS: Record<string, (original: GradFunc) => GradFunc> = {
  Sum: () => broadcastGradient("Sum"),
  Mean: () => broadcastGradient("Mean"),
  Relu: (original) => (dy, saved, attrs) => {
    const x = saved[0]!;
    if (tf.getKernel(LEAKY_RELU_GRAD, tf.getBackend()) == null) return original(dy, saved, attrs);
    const inputs = { x, dy: dy as tf.Tensor };
    return { x: () => tf.engine().runKernel(LEAKY_RELU_GRAD, inputs, { alpha: 0 }) as tf.Tensor };
  },
};

const replaced = new Map<string, Gradient>();

/** Replaces tfjs's gradients, which all backends share; their values stay the same. */
export function registerGradients(): void {
  if (replaced.size > 0) return;
  replaceConvGradients();
  for (const [kernelName, make] of Object.entries(GRADIENTS)) {
    const original = tf.getGradient(kernelName);
    if (original == null) continue;
    replaced.set(kernelName, original);
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ ...original, gradFunc: make(original.gradFunc) });
  }
}

/** Restores tfjs's own gradients. */
export function unregisterGradients(): void {
  if (replaced.size > 0) restoreConvGradients();
  for (const [kernelName, original] of replaced) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient(original);
  }
  replaced.clear();
}
