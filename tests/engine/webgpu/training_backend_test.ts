import { describe, test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { record } from "../../../lib/engine/tape.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

describe("TrainingBackend", { skip }, () => {
  test("TrainingBackend.read() returns every type at its own length", async () => {
    const backend = await engine!.registerWebgpuBackend();
    for (const n of [1, 3, 65, 1000]) {
      const floats = tf.add(tf.range(0, n), 0.5);
      const ints = tf.add(tf.range(0, n, 1, "int32"), tf.scalar(1, "int32"));
      const bools = tf.greater(tf.range(0, n), 1);
      assert.deepEqual([...await floats.data()], Array.from({ length: n }, (_, i) => i + 0.5));
      assert.deepEqual([...await ints.data()], Array.from({ length: n }, (_, i) => i + 1));
      assert.deepEqual([...await bools.data()], Array.from({ length: n }, (_, i) => +(i > 1)));
    }
    await backend.training.errors.check();
    engine!.disposeWebgpuBackend();
  });

  test("TrainingBackend.disposeData() leaves no buffer in use when all tensors are gone", async () => {
    const backend = await engine!.registerWebgpuBackend();
    for (let step = 0; step < 9; step++) {
      const y = tf.tidy(() => {
        let x: tf.Tensor = tf.randomUniform([64 + step, 64]);
        for (let i = 0; i < 6; i++) x = tf.relu(tf.mul(tf.add(x, 1), 0.5));
        return tf.sum(x);
      });
      await y.data();
      y.dispose();
    }
    assert.equal(backend.buffers.numBytesUsed, 0);
    engine!.disposeWebgpuBackend();
  });

  test("TrainingBackend.counters() count uploads and readbacks, and uniforms apart from tensors", async () => {
    const backend = await engine!.registerWebgpuBackend();
    Object.assign(backend.counters, { uploads: 0, uploadBytes: 0, readbacks: 0, dispatches: 0 });
    const x = tf.tensor1d(new Float32Array(2000));
    const y = tf.tidy(() => tf.relu(tf.relu(x)));
    await y.data();
    const { dispatches, uploads, uploadBytes, readbacks, uniformBytes } = backend.counters;
    assert.deepEqual({ dispatches, uploads, uploadBytes, readbacks }, {
      dispatches: 2,
      uploads: 1,
      uploadBytes: 8000,
      readbacks: 1,
    });
    assert(uniformBytes > 0);
    engine!.disposeWebgpuBackend();
  });

  test("TrainingBackend.uploadToGPU() keeps results bit-identical where a plan assigns the buffers", async () => {
    const run = async (keepIdleBytes: number): Promise<{ bits: number[]; created: number[] }> => {
      const backend = await engine!.registerWebgpuBackend();
      backend.buffers.keepIdleBytes = keepIdleBytes;
      const created: number[] = [];
      const { device } = backend;
      const create = device.createBuffer.bind(device);
      device.createBuffer = (options) => {
        created[created.length - 1]!++;
        return create(options);
      };
      const weights = [8, 12, 20, 28].map((c, i) =>
        tf.variable(
          tf.randomNormal([3, 3, [3, 8, 12, 20][i]!, c], 0, 0.3, "float32", 5 + i) as tf.Tensor4D,
        )
      );
      const x = tf.relu(tf.randomNormal([2, 32, 32, 3], 0, 1, "float32", 7)) as tf.Tensor4D;
      const one = tf.scalar(1);
      const bits: number[] = [];
      for (let step = 0; step < 14; step++) {
        created.push(0);
        const forward = record(() => {
          let y = x;
          for (const w of weights) {
            y = tf.maxPool(tf.relu(tf.conv2d(y, w, 1, "same")), 2, 2, "same");
          }
          return tf.mean(tf.square(tf.sub(y, 0.5)));
        });
        const gradients = forward.backward(one, weights) as tf.Tensor[];
        for (const [i, w] of weights.entries()) {
          const moved = tf.tidy(() => tf.sub(w, tf.mul(gradients[i]!, 0.05)));
          w.assign(moved as tf.Tensor4D);
          moved.dispose();
        }
        bits.push((await forward.value.data())[0]!);
        tf.dispose([gradients, forward.value]);
      }
      await backend.training.errors.check();
      engine!.disposeWebgpuBackend();
      return { bits, created };
    };
    const pooled = await run(2 ** 26);
    const planned = await run(2 ** 13);
    assert.deepEqual(planned.bits, pooled.bits);
    assert(planned.created[2]! > 0, "the pool alone has enough: this tests nothing");
    assert.equal(planned.created.at(-1), 0);
  });
});
