import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { sgdUpdate } from "../../../lib/engine/ops/optimizer_updates.ts";
import {
  disposeWasmBackend,
  registerWasmBackend,
  type WasmBackendInfo,
} from "../../../lib/engine/wasm/mod.ts";
import { on, relativeError, tensor } from "../../support/wasm_compare.ts";

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };
const SGD = { lr: 0.5, momentum: 0, nesterov: false, l2: 0, decoupled: false };

describe("makeFilterCache()", () => {
  after(disposeWasmBackend);

  for (const [taps, stride, side] of [[4, 2, 64], [3, 1, 32], [1, 1, 16]] as const) {
    const name = `${taps}x${taps} of stride ${stride}`;
    test(`makeFilterCache() follows each update of a ${name} filter`, LONG, async () => {
      await registerWasmBackend({ threads: 2 });
      const [actual, expected] = [await outputs("wasm"), await outputs("cpu")];
      for (const [i, e] of expected.entries()) {
        assert.ok(relativeError(actual[i]!, e) < 1e-5, `output ${i}`);
      }
    });

    /** Three outputs and input gradients each before, between and after two updates. */
    const outputs = (backend: string): Promise<Float32Array[]> =>
      on(backend, () => {
        const x = tensor<tf.Rank.R4>([2, side, side, 24], 1);
        const filter = tf.variable(tensor<tf.Rank.R4>([taps, taps, 24, 32], 2));
        const velocity = tf.variable(tf.zerosLike(filter));
        const results: tf.Tensor[] = [];
        for (let update = 0; update < 3; update++) {
          for (let use = 0; use < 3; use++) {
            const run = (x: tf.Tensor): tf.Tensor =>
              tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, "same");
            const y = run(x);
            results.push(y, tf.grad(run)(x, tensor(y.shape, 3)));
          }
          sgdUpdate({ weight: filter, velocity, grad: tensor(filter.shape, 4 + update) }, SGD);
        }
        tf.dispose([filter, velocity]);
        return results;
      });
  }

  test(
    "makeFilterCache() frees with the filter and costs nothing without a second use",
    LONG,
    async () => {
      const info: WasmBackendInfo = await registerWasmBackend({ threads: 1 });
      await tf.setBackend("wasm");
      const x = tensor<tf.Rank.R4>([2, 32, 32, 24], 1);
      tf.conv2d(x, tf.ones([3, 3, 24, 32]), 1, "same").dispose(); // what is made once
      const use = (filter: tf.Tensor4D): void => tf.conv2d(x, filter, 1, "same").dispose();
      const filter = tensor<tf.Rank.R4>([3, 3, 24, 32], 2);
      const before = info.liveBytes();
      use(filter);
      assert.equal(info.liveBytes(), before);
      use(filter);
      assert.ok(info.liveBytes() > before);
      use(filter);
      filter.dispose();
      assert.equal(info.liveBytes(), before - 4 * 9 * 24 * 32);
      x.dispose();
    },
  );
});
