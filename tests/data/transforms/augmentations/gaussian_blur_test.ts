import assert from "node:assert/strict";
import { test } from "node:test";
import { blur, gaussianBlur } from "../../../../lib/data/transforms/augmentations/gaussian_blur.ts";
import { randomStream } from "../../../../lib/util/random.ts";
import { parseOptions } from "../../../../lib/util/registry.ts";
import {
  assertLevels,
  goldenCases,
  goldenImage,
  height,
  width,
} from "../../../support/augmentation_goldens.ts";

test("blur() gives torchvision's pixels", () => {
  const cases = goldenCases("blur");
  assert.equal(cases.length, 3);
  for (const { name, numbers: [kernelSize, sigma] } of cases) {
    const image = goldenImage();
    blur({ width, height, image }, { kernelSize: kernelSize!, sigma: sigma! });
    // torchvision sums in two dimensions and in float32
    assertLevels(image, name, { most: 0.01 });
  }
});

test("blur() keeps a flat image and takes kernels larger than the image", () => {
  for (const [width, height] of [[1, 1], [3, 1], [5, 4]] as const) {
    const image = new Uint8Array(width * height * 3).fill(200);
    blur({ width, height, image }, { kernelSize: 31, sigma: 5 });
    assert.ok(image.every((value) => value === 200), `${width}x${height}: ${image}`);
  }
});

test("gaussianBlur changes a share p of the images, and no label", () => {
  const label = new Uint8Array(width * height).fill(7);
  let changed = 0;
  for (let seed = 0; seed < 200; seed++) {
    const image = goldenImage();
    const crop = { width, height, image, label, fill: [0, 0, 0] as const, ignoreLabel: 255 };
    const options = { p: 0.3, sigma: [1, 2], kernelSize: null };
    gaussianBlur.pixels!(crop, options, randomStream(seed));
    if (String(image) !== String(goldenImage())) changed++;
  }
  assert.ok(changed > 40 && changed < 80, `${changed}`);
  assert.ok(label.every((value) => value === 7));
});

test("gaussianBlur refuses an even kernel and a range upside down", () => {
  const cases = [
    [{ kernelSize: 4 }, /option kernelSize: expected an odd number, got 4/],
    [{ sigma: [2, 1] }, /option sigma: expected \[min, max\] with min at most max, got \[2,1\]/],
    [{ sigma: 1 }, /option sigma: expected \[min, max\], got 1/],
    [{ p: 1.5 }, /option p: expected a number of at most 1/],
  ] as const;
  for (const [given, message] of cases) {
    assert.throws(() => parseOptions(gaussianBlur.options, given, { name: "blur" }), message);
  }
});
