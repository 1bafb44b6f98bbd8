import { test } from "node:test";
import { leakyRelu } from "../../../../lib/engine/ops/leaky_relu.ts";
import { assertSame, describeWebgpu, gradientOf, normal } from "./_compare.ts";

describeWebgpu("leakyReluGrad", () => {
  for (const size of [1, 5, 257, 5000]) {
    test(`leakyReluGrad of ${size} values is that of stock ops`, async () => {
      await assertSame(() => gradientOf((x) => leakyRelu(x, 0.2), normal([size])));
    });
  }
});
