import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { resizeBilinear } from "../../../../lib/engine/ops/resize_bilinear.ts";
import {
  disposeWasmBackend,
  registerWasmBackend,
  type WasmBackendInfo,
} from "../../../../lib/engine/wasm/mod.ts";
import { on, relativeError, tensor } from "../../../support/wasm_compare.ts";

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

const small = fc.integer({ min: 1, max: 3 });
const more = fc.integer({ min: 0, max: 11 });
const shapes = fc.record({
  b: fc.integer({ min: 1, max: 2 }),
  h: small,
  w: small,
  moreH: more,
  moreW: more,
  c: fc.integer({ min: 1, max: 30 }),
  n: fc.integer({ min: 1, max: 40 }),
  k: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 3 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
  activation: fc.constantFrom("linear", "relu", "leakyrelu"),
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** A map upsampled eightfold or more, its fused convolution and the filter gradient. */
function convolve(shape: Shape): tf.Tensor[] {
  const { b, h, w, moreH, moreW, c, n, k, stride, pad, activation } = shape;
  const x = resizeBilinear(tensor([b, h, w, c], 1), {
    height: 8 * h + moreH,
    width: 8 * w + moreW,
  });
  const filter = tensor<tf.Rank.R4>([k, k, c, n], 2);
  const attrs = {
    strides: [stride, stride],
    pad,
    dataFormat: "NHWC",
    dimRoundingMode: undefined as unknown as string,
  };
  const fused = { ...attrs, dilations: [1, 1], activation, leakyreluAlpha: 0.2 };
  const inputs = { x, filter, bias: tensor([n], 3) };
  const y = tf.engine().runKernel("FusedConv2D", inputs, fused) as tf.Tensor;
  const dy = tensor(y.shape, 4);
  const filterAttrs = { ...attrs, filterShape: filter.shape };
  const dw = tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, filterAttrs) as tf.Tensor;
  return [y, dw];
}

describe("upsampledConv()", () => {
  let info: WasmBackendInfo;
  before(async () => void (info = await registerWasmBackend({ threads: 2 })));
  after(disposeWasmBackend);

  test(
    "upsampledConv() changes no convolution of an upsampled map but in rounding",
    LONG,
    async () => {
      await fc.assert(
        fc.asyncProperty(shapes, async (shape) => {
          const expected = await on("cpu", () => convolve(shape));
          const actual = await on("wasm", () => convolve(shape));
          for (const [i, e] of expected.entries()) {
            assert.ok(relativeError(actual[i]!, e) < 1e-5, `${JSON.stringify(shape)} output ${i}`);
          }
        }),
        { numRuns: 25, seed: 4 },
      );
    },
  );

  test(
    "upsampledConv() serves no map of another shape or content, and keeps no byte",
    LONG,
    async () => {
      await tf.setBackend("wasm");
      const run = (): tf.Tensor[] => {
        const map = (): tf.Tensor4D =>
          resizeBilinear(tensor([1, 2, 2, 6], 1), { height: 16, width: 24 });
        const filter = tensor<tf.Rank.R4>([4, 4, 6, 5], 2);
        const variable = tf.variable(map());
        variable.assign(tensor<tf.Rank.R4>([1, 16, 24, 6], 9));
        const turned = tf.reshape(map(), [1, 24, 16, 6]) as tf.Tensor4D;
        const outputs = [variable as tf.Tensor4D, turned].map((x) =>
          tf.conv2d(x, filter, 2, "same")
        );
        variable.dispose();
        return outputs;
      };
      await on("wasm", run);
      const [live, tensors] = [info.liveBytes(), tf.memory().numTensors];
      const [expected, actual] = [await on("cpu", run), await on("wasm", run)];
      for (const [i, e] of expected.entries()) assert.ok(relativeError(actual[i]!, e) < 1e-5);
      assert.deepEqual([info.liveBytes(), tf.memory().numTensors], [live, tensors]);
    },
  );
});
