import * as tf from "@tensorflow/tfjs";

/** Adds up the gradients of a batch's parts. */
export class GradientSum {
  #sum: (tf.Tensor | null)[] | null = null;

  /** Consumes the gradients. */
  add(gradients: (tf.Tensor | null)[]): void {
    const before = this.#sum;
    this.#sum = before === null ? gradients : gradients.map((gradient, i) => {
      const other = before[i]!;
      if (gradient === null || other === null) return gradient ?? other;
      const sum = tf.add(other, gradient);
      tf.dispose([other, gradient]);
      return sum;
    });
  }

  /** The sum, owned by the caller; what follows adds up anew. */
  take(): (tf.Tensor | null)[] {
    const sum = this.#sum ?? [];
    this.#sum = null;
    return sum;
  }
}
