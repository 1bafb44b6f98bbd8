import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { normalTensor } from "../../support/gradients.ts";
import { longSkip } from "../../support/long_test.ts";
import { noAdapter } from "../../support/webgpu_adapter.ts";
import { type Case, CASES } from "./_cases.ts";

const skip = await noAdapter();
const engine = skip ? null : await import("../../../lib/engine/webgpu/mod.ts");

test("CASES are complete, each once", () => {
  assert(CASES.length >= 111, `${CASES.length} cases`);
  assert.equal(new Set(CASES.map((c) => c.name)).size, CASES.length);
});

// Half a minute of compiling on a software adapter; tests/engine/webgpu/kernels has each kernel alone
describe("registerWebgpuBackend()", { skip: skip || longSkip }, () => {
  before(async () => {
    await engine!.registerWebgpuBackend();
    tf.env().set("WEBGPU_CPU_FORWARD", false); // else tfjs computes small tensors on the processor
  });
  after(() => {
    tf.env().set("WEBGPU_CPU_FORWARD", true);
    engine!.disposeWebgpuBackend();
  });

  for (const c of CASES) {
    test(`registerWebgpuBackend() computes ${c.name} as backend cpu does, bit-identical in a repeat`, async () => {
      await tf.setBackend("cpu");
      const expected = await results(c);
      await tf.setBackend("webgpu");
      const actual = await results(c);
      const again = await results(c);
      assert.deepEqual(again, actual);
      for (const [i, values] of actual.entries()) {
        const error = worst(values, expected[i]!);
        // Sums of up to 3000 terms in another order; tfjs's own kernels reach 1.9e-6 here.
        assert(error < 1e-5, `${i === 0 ? "value" : `gradient ${i}`} is off by ${error}`);
      }
      await engine!.trainingBackend().training.errors.check();
    });
  }
});

describe("registerWebgpuBackend() where cpu is wrong", { skip }, () => {
  before(async () => {
    await engine!.registerWebgpuBackend();
    tf.env().set("WEBGPU_CPU_FORWARD", false);
  });
  after(() => {
    tf.env().set("WEBGPU_CPU_FORWARD", true);
    engine!.disposeWebgpuBackend();
  });

  test("registerWebgpuBackend() has the gradient of resizeNearestNeighbor for each image", async () => {
    const [b, h, w, c] = [3, 4, 5, 2];
    const [height, width] = [8, 15];
    const dy = normalTensor("dy", [b, height, width, c]);
    const x = normalTensor("x", [b, h, w, c]);
    const f = (t: tf.Tensor) => tf.image.resizeNearestNeighbor(t as tf.Tensor4D, [height, width]);
    const expected = new Float64Array(x.size);
    (await dy.data()).forEach((d, i) => {
      const [image, y, z, ch] = place(i, [height, width, c]);
      const [fromY, fromX] = [Math.floor(y * h / height), Math.floor(z * w / width)];
      expected[((image * h + fromY) * w + fromX) * c + ch]! += d;
    });
    const actual = await tf.grad(f)(x, dy).data();
    assert(worst(Float32Array.from(actual), Float32Array.from(expected)) < 1e-5);
  });

  test("registerWebgpuBackend() transforms every image", async () => {
    const [b, h, w, c] = [3, 6, 7, 2];
    const x = normalTensor("x", [b, h, w, c]) as tf.Tensor4D;
    const angles = [0.2, -0.3, 0.1];
    const transforms = angles.map((
      a,
    ) => [Math.cos(a), -Math.sin(a), 1, Math.sin(a), 1.1, -0.5, 0, 0]);
    const y = tf.image.transform(x, tf.tensor2d(transforms), "bilinear", "constant", 0, [h, w]);
    const pixels = await x.data();
    const at = (image: number, iy: number, ix: number, ch: number) =>
      iy < 0 || iy >= h || ix < 0 || ix >= w ? 0 : pixels[((image * h + iy) * w + ix) * c + ch]!;
    const expected = Float32Array.from({ length: y.size }, (_, i) => {
      const [image, oy, ox, ch] = place(i, [h, w, c]);
      const t = transforms[image]!;
      const [fromX, fromY] = [t[0]! * ox + t[1]! * oy + t[2]!, t[3]! * ox + t[4]! * oy + t[5]!];
      const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
      const row = (iy: number) =>
        at(image, iy, x0, ch) * (x0 + 1 - fromX) + at(image, iy, x0 + 1, ch) * (fromX - x0);
      return row(y0) * (y0 + 1 - fromY) + row(y0 + 1) * (fromY - y0);
    });
    assert(worst(Float32Array.from(await y.data()), expected) < 1e-4);
  });
});

/** Image, row, column and channel of an element. */
function place(
  i: number,
  [h, w, c]: [number, number, number],
): [image: number, y: number, x: number, channel: number] {
  return [
    Math.floor(i / (h * w * c)),
    Math.floor(i / (w * c)) % h,
    Math.floor(i / c) % w,
    i % c,
  ];
}

/** Value and, where there is one, the gradients of Σ w·f(x). */
async function results({ name, shapes, f, gradient }: Case): Promise<Float32Array[]> {
  const tensors = tf.tidy(() => {
    const xs = shapes.map((shape, i) => normalTensor(`${name} ${i}`, shape));
    const y = f(...xs);
    if (!gradient) return [tf.cast(y, "float32")];
    const w = normalTensor("weights", y.shape);
    return [y, ...tf.grads((...xs) => tf.sum(tf.mul(f(...xs), w)))(xs)];
  });
  const values = await Promise.all(tensors.map((t) => t.data()));
  tf.dispose(tensors);
  return values.map((v) => Float32Array.from(v));
}

/** Largest difference, relative to the largest expected value. */
function worst(actual: Float32Array, expected: Float32Array): number {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(1e-6, ...expected.map(Math.abs));
  const differences = actual.map((a, i) => Math.abs(a - expected[i]!));
  return differences.some(Number.isNaN) ? NaN : Math.max(...differences) / scale;
}
