import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oneHot } from "../../../../lib/engine/ops/labels.ts";
import {
  disposeWasmBackend,
  registerWasmBackend,
  type WasmBackendInfo,
} from "../../../../lib/engine/wasm/mod.ts";
import { on, relativeError, tensor } from "../../../support/wasm_compare.ts";

/** Bun ends a test after 5 s, which a busy machine can need. */
const LONG = { timeout: 240_000 };

/** Labels of all kinds: classes, the ignore label, negative ones. */
function makeLabels(shape: number[], classes: number): tf.Tensor {
  const count = tf.util.sizeFromShape(shape);
  const labels = Int32Array.from(
    { length: count },
    (_, i) => i % 11 === 3 ? 255 : i % 13 === 5 ? -1 : (i * 7 + (i >> 3)) % classes,
  );
  return tf.tensor(labels, shape, "int32");
}

const size = fc.integer({ min: 1, max: 19 });
const shapes = fc.record({
  b: fc.integer({ min: 1, max: 5 }),
  h: size,
  w: size,
  c: fc.integer({ min: 2, max: 40 }),
  n: fc.integer({ min: 1, max: 70 }),
  k: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
  activation: fc.constantFrom("linear", "relu", "leakyrelu"),
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** Fused convolution of maps, and the filter gradient where there is no dilation. */
function convolve(maps: tf.Tensor, shape: Shape): tf.Tensor[] {
  const { c, n, k, stride, dilation, pad, activation } = shape;
  const filter = tensor<tf.Rank.R4>([k, k, c, n], 2);
  const attrs = {
    strides: [stride, stride],
    pad,
    dataFormat: "NHWC",
    dimRoundingMode: undefined as unknown as string,
  };
  const fused = { ...attrs, dilations: [dilation, dilation], activation, leakyreluAlpha: 0.2 };
  const inputs = { x: maps, filter, bias: tensor([n], 3) };
  const y = tf.engine().runKernel("FusedConv2D", inputs, fused) as tf.Tensor;
  if (dilation > 1) return [y];
  const dy = tensor(y.shape, 4);
  const filterAttrs = { ...attrs, filterShape: filter.shape };
  return [
    y,
    tf.engine().runKernel("Conv2DBackpropFilter", { x: maps, dy }, filterAttrs) as tf.Tensor,
  ];
}

describe("labelConv()", () => {
  let info: WasmBackendInfo;
  before(async () => void (info = await registerWasmBackend({ threads: 2 })));
  after(disposeWasmBackend);

  test("labelConv() changes no convolution of a one-hot map but in rounding", LONG, async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { b, h, w, c, k, dilation, stride, pad } = shape;
        const reach = (k - 1) * dilation + 1;
        if (pad === "valid" && (h < reach || w < reach)) return;
        if (dilation > 1 && stride > 1) return; // tfjs has no such convolution
        const maps = (): tf.Tensor => oneHot(makeLabels([b, h, w], c), c);
        const expected = await on("cpu", () => convolve(maps(), shape));
        const actual = await on("wasm", () => convolve(maps(), shape));
        for (const [i, e] of expected.entries()) {
          assert.ok(relativeError(actual[i]!, e) < 1e-5, `${JSON.stringify(shape)} output ${i}`);
        }
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  test("labelConv() adds up many pixels without losing digits", LONG, async () => {
    const shape = { b: 2, h: 300, w: 301, c: 3, n: 5, k: 1, stride: 1, dilation: 1 } as const;
    const [, dw] = await on(
      "wasm",
      () =>
        convolve(oneHot(makeLabels([2, 300, 301], 3), 3), {
          ...shape,
          pad: "same",
          activation: "linear",
        }),
    );
    const labels = (await on("wasm", () => makeLabels([2, 300, 301], 3)))[0]!;
    const dy = (await on("wasm", () => tensor([2, 300, 301, 5], 4)))[0]!;
    const sums = new Float64Array(15);
    labels.forEach((label, i) => {
      for (let n = 0; n < 5; n++) {
        if (label >= 0 && label < 3) sums[label * 5 + n]! += dy[i * 5 + n]!;
      }
    });
    assert.ok(relativeError(dw!, sums) < 1e-5);
  });

  test("labelConv() makes maps with a 1 where the label is and zeros elsewhere", LONG, async () => {
    for (const [count, classes] of [[1, 1], [5, 3], [9001, 21], [4097, 4]] as const) {
      const [map] = await on("wasm", () => oneHot(makeLabels([count], classes), classes));
      const [labels] = await on("wasm", () => makeLabels([count], classes));
      const expected = Float32Array.from(
        { length: count * classes },
        (_, i) => labels![Math.floor(i / classes)] === i % classes ? 1 : 0,
      );
      assert.deepEqual(map, expected);
    }
  });

  test(
    "labelConv() reads a map by its own channels, not by those of its labels",
    LONG,
    async () => {
      const shape = { b: 2, h: 6, w: 8, c: 6, n: 4, k: 3, stride: 1, dilation: 1 } as const;
      const run = (): tf.Tensor[] => {
        const map = tf.reshape(oneHot(makeLabels([2, 6, 24], 2), 2), [2, 6, 8, 6]);
        return convolve(map, { ...shape, pad: "same", activation: "relu" });
      };
      const [expected, actual] = [await on("cpu", run), await on("wasm", run)];
      for (const [i, e] of expected.entries()) assert.ok(relativeError(actual[i]!, e) < 1e-5);
    },
  );

  test(
    "labelConv() forgets a variable's labels when it is assigned, and frees them",
    LONG,
    async () => {
      await tf.setBackend("wasm");
      const shape = { b: 1, h: 4, w: 4, c: 3, n: 2, k: 2, stride: 1, dilation: 1 } as const;
      const run = (): tf.Tensor[] => {
        const variable = tf.variable(oneHot(makeLabels([1, 4, 4], 3), 3));
        variable.assign(tensor<tf.Rank.R4>([1, 4, 4, 3], 9));
        const outputs = convolve(variable, { ...shape, pad: "same", activation: "linear" });
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
