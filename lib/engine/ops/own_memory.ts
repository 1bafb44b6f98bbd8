/** Guards in-place kernels: clones share memory, and must not see a later update. */
import * as tf from "@tensorflow/tfjs";

/** Gives each variable memory of its own where a clone still shares it. */
export function ownMemory(...variables: tf.Variable[]): void {
  for (const variable of variables) {
    if (tf.backend().refCount(variable.dataId) <= 1) continue;
    const copy = tf.tidy(() => tf.mul(variable, 1));
    variable.assign(copy);
    copy.dispose();
  }
}
