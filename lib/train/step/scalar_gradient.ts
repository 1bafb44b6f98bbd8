import * as tf from "@tensorflow/tfjs";
import { record } from "../../engine/tape.ts";

/**
 * A scalar and its gradient with respect to `x`, 0 where it does not depend on that.
 *
 * @returns Both owned by the caller.
 */
export function scalarGradient(
  compute: () => tf.Scalar,
  x: tf.Tensor,
): { value: tf.Scalar; gradient: tf.Tensor } {
  const recording = record(compute);
  const one = tf.scalar(1);
  const [gradient] = recording.backward(one, [x]);
  one.dispose();
  return { value: recording.value as tf.Scalar, gradient: gradient ?? tf.zerosLike(x) };
}
