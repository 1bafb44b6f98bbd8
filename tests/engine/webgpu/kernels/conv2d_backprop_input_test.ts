import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertSame, describeWebgpu, gradientOf, normal } from "./_compare.ts";
import { caseName, CONV_CASES, operands } from "./_conv_cases.ts";

describeWebgpu("conv2dBackpropInput", () => {
  for (const conv of CONV_CASES) {
    test(`conv2dBackpropInput() ${caseName(conv)}`, async () => {
      await assertSame(() => {
        const { x, filter, dy, attrs } = operands(conv);
        const all = { ...attrs, inputShape: x.shape };
        return tf.engine().runKernel("Conv2DBackpropInput", { dy, filter }, all) as tf.Tensor;
      });
    });
  }

  for (const [kernel, stride] of [[4, 2], [16, 8], [3, 2], [2, 3]] as const) {
    test(`conv2dBackpropInput() as a transposed convolution ${kernel}x${kernel}/${stride}`, async () => {
      await assertSame(() => {
        const filter = normal([kernel, kernel, 5, 3], 2) as tf.Tensor4D;
        const shape: [number, number, number, number] = [2, 4 * stride, 5 * stride, 5];
        const enlarge = (x: tf.Tensor) =>
          tf.conv2dTranspose(x as tf.Tensor4D, filter, shape, stride, "same");
        return [enlarge(normal([2, 4, 5, 3])), gradientOf(enlarge, normal([2, 4, 5, 3]))];
      });
    });
  }

  test("conv2dBackpropInput() with unequal padding on the four sides", async () => {
    await assertSame(() => {
      const filter = normal([4, 4, 8, 8], 2) as tf.Tensor4D;
      const pad = [[0, 0], [1, 2], [0, 1], [0, 0]] as tf.backend_util.ExplicitPadding;
      const convolve = (x: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, filter, 2, pad, "NHWC", 1, "floor");
      return gradientOf(convolve, normal([2, 9, 10, 8]));
    });
  });
});
