import { test } from "node:test";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { resizeImage, resizeLabel } from "../../../lib/data/transforms/resize.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { runPython, skipWithoutPillow } from "../../support/pillow.ts";

function noise(width: number, height: number): Uint8Array {
  const stream = randomStream(1, "resize", width, height);
  return Uint8Array.from({ length: width * height * 3 }, () => stream.integer(256));
}

test("resizeImage() equals TensorFlow's half-pixel bilinear resize", async () => {
  await tf.setBackend("cpu");
  const sizes = fc.integer({ min: 1, max: 24 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, sizes, sizes, async (width, height, toWidth, toHeight) => {
      const data = noise(width, height);
      const expected = tf.tidy(() =>
        tf.image.resizeBilinear(
          tf.tensor3d(Float32Array.from(data), [height, width, 3]),
          [toHeight, toWidth],
          false,
          true,
        )
      );
      const values = await expected.data();
      expected.dispose();
      const actual = resizeImage({ width, height, data }, [toHeight, toWidth]);
      assert.equal(actual.length, values.length);
      // tfjs computes in float32: a few units in the last place of 255.
      actual.forEach((value, i) => assert.ok(Math.abs(value - values[i]!) < 1e-3));
    }),
    { numRuns: 50 },
  );
});

test("resizeImage() leaves an image of the same size alone", () => {
  const data = noise(9, 7);
  assert.deepEqual([...resizeImage({ width: 9, height: 7, data }, [7, 9])], [...data]);
});

test("resizeLabel() takes the pixel that Pillow takes", { skip: skipWithoutPillow }, () => {
  const cases = [[7, 5, 13, 11], [20, 9, 6, 4], [3, 3, 3, 3], [8, 8, 16, 4], [1, 1, 5, 2]];
  const program = `
import json, sys
import numpy as np
from PIL import Image
for w, h, tw, th in json.load(sys.stdin):
    label = (np.arange(w * h) % 256).astype(np.uint8).reshape(h, w)
    print(json.dumps(np.array(Image.fromarray(label).resize((tw, th), Image.NEAREST)).ravel().tolist()))
`;
  const expected = runPython(program, cases).trim().split("\n").map((line) => JSON.parse(line));
  cases.forEach(([width, height, toWidth, toHeight], i) => {
    const data = Uint8Array.from({ length: width! * height! }, (_, at) => at % 256);
    const label = { width: width!, height: height!, data };
    assert.deepEqual([...resizeLabel(label, [toHeight!, toWidth!]).data], expected[i]);
  });
});
