import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";

/** A classifier of the kinds of layers that the WASM backend of tfjs cannot train, with the same start each time. */
function classifier(): tf.Sequential {
  let seed = 0;
  const start = (): ReturnType<typeof tf.initializers.glorotUniform> =>
    tf.initializers.glorotUniform({ seed: ++seed });
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 6,
        kernelSize: 3,
        padding: "same",
        activation: "relu",
        kernelInitializer: start(),
      }),
      layers.batchNormalization(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.separableConv2d({
        filters: 9,
        kernelSize: 3,
        padding: "same",
        depthwiseInitializer: start(),
        pointwiseInitializer: start(),
      }),
      layers.leakyReLU(),
      layers.averagePooling2d({ poolSize: 2 }),
      layers.conv2dTranspose({
        filters: 5,
        kernelSize: 4,
        strides: 2,
        padding: "same",
        activation: "elu",
        kernelInitializer: start(),
      }),
      layers.flatten(),
      layers.dense({ units: 4, activation: "softmax", kernelInitializer: start() }),
    ],
  });
}

/** Losses of the epochs of `fit` on a backend. */
async function fitted(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  const model = classifier();
  const optimizer = tf.train.adam(0.005);
  model.compile({ optimizer, loss: "categoricalCrossentropy" });
  const images = tf.randomUniform([16, 8, 8, 3], -1, 1, "float32", 7);
  const labels = tf.tidy(() =>
    tf.oneHot(tf.range(0, 16, 1, "int32").mod(tf.scalar(4, "int32")), 4)
  );
  const options = { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(images, labels, options);
  tf.dispose([images, labels]);
  model.dispose();
  optimizer.dispose();
  return history["loss"] as number[];
}

/** Fits on backend `cpu` and on another one, and compares the losses. */
export async function assertFitsAsOnCpu(backend: string): Promise<void> {
  const [expected, actual] = [await fitted("cpu"), await fitted(backend)];
  assert.ok(expected.at(-1)! < expected[0]! - 0.05, `the reference learns: ${expected}`);
  for (const [epoch, loss] of expected.entries()) {
    assert.ok(Math.abs(actual[epoch]! - loss) < 2e-5, `epoch ${epoch}: ${actual[epoch]}, ${loss}`);
  }
}
