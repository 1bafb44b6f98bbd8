import { type BackendName, tf, useBackend } from "@segadv/segadv";
import { compare, type Row } from "./compare.ts";

/** Convolutions of the networks at a quarter of their width: input, kernel, stride. */
const SHAPES: [
  x: [number, number, number, number],
  k: [number, number, number, number],
  stride: number,
][] = [
  [[1, 32, 32, 16], [3, 3, 16, 16], 1],
  [[1, 8, 8, 64], [3, 3, 64, 64], 1],
  [[1, 32, 32, 16], [4, 4, 16, 32], 2],
];

/**
 * Convolution forward and both gradients on a backend, compared with tfjs's plain JavaScript: the
 * sum over three shapes. Leaves `name` current.
 */
export async function convolutionTraining(name: BackendName): Promise<Row> {
  await useBackend({ backend: "cpu" });
  await useBackend({ backend: name });
  return await compare(`conv-train/cpu`, {
    value: () => trainAll(name),
    baseline: () => trainAll("cpu"),
  });
}

async function trainAll(name: BackendName): Promise<void> {
  await tf.setBackend(name);
  for (const [x, k, stride] of SHAPES) {
    const gradients = tf.tidy(() =>
      tf.grads((x, k) =>
        tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, stride, "same").square().sum()
      )([
        tf.ones(x),
        tf.fill(k, 0.1),
      ])
    );
    await Promise.all(gradients.map((gradient) => gradient.data()));
    tf.dispose(gradients);
  }
}
