import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { attention } from "../../../../lib/engine/ops/attention.ts";
import { assertSame, describeWebgpu, normal } from "./_compare.ts";

describeWebgpu("attention", () => {
  const cases: [b: number, n: number, m: number, c: number, heads: number][] = [
    [1, 1, 2, 4, 1],
    [2, 16, 16, 64, 2],
    [1, 300, 5, 10, 2],
    [2, 13, 33, 12, 3],
  ];
  for (const [b, n, m, c, heads] of cases) {
    test(`attention() of ${[b, n, m, c, heads]} and its gradients are those of cpu`, async () => {
      const run = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
        attention({ q: q as tf.Tensor3D, k: k as tf.Tensor3D, v: v as tf.Tensor3D }, { heads });
      await assertSame(() => {
        const inputs = [normal([b, n, c]), normal([b, m, c], 2), normal([b, m, c], 3)] as const;
        return [run(...inputs), ...tf.grads(run)([...inputs], normal([b, n, c], 4))];
      }, { tolerance: 2e-5 });
    });
  }
});
