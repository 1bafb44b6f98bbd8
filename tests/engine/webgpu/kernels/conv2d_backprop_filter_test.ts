import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertClose, assertSame, describeWebgpu, normal } from "./_compare.ts";
import { caseName, CONV_CASES, operands } from "./_conv_cases.ts";

describeWebgpu("conv2dBackpropFilter", () => {
  for (const conv of CONV_CASES) {
    test(`conv2dBackpropFilter() ${caseName(conv)}`, async () => {
      await assertSame(() => {
        const { x, filter, dy, attrs } = operands(conv);
        const all = { ...attrs, filterShape: filter.shape };
        return tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, all) as tf.Tensor;
      });
    });
  }

  test("conv2dBackpropFilter() agrees with a float64 sum over many pixels", async () => {
    await tf.setBackend("webgpu");
    const [b, size, c, n] = [2, 90, 2, 3];
    const x = normal([b, size, size, c]);
    const dy = normal([b, size, size, n], 2);
    const attrs = { strides: 1, pad: "same", dataFormat: "NHWC", filterShape: [1, 1, c, n] };
    const filter = tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, attrs) as tf.Tensor;
    const [xs, dys, values] = await Promise.all([x.data(), dy.data(), filter.data()]);
    const expected = new Float64Array(c * n);
    for (let p = 0; p < b * size * size; p++) {
      for (let i = 0; i < c; i++) {
        for (let j = 0; j < n; j++) expected[i * n + j]! += xs[p * c + i]! * dys[p * n + j]!;
      }
    }
    const shape = filter.shape;
    const options = { tolerance: 1e-5, what: "dfilter" };
    assertClose({ shape, values }, { shape, values: expected }, options);
    tf.dispose([x, dy, filter]);
  });
});
