import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { augmentSample } from "../../../../lib/data/transforms/augment.ts";
import { randomResizedCrop } from "../../../../lib/data/transforms/augmentations/random_resized_crop.ts";
import { randomStream } from "../../../../lib/util/random.ts";

test("randomResizedCrop takes regions of the given areas and shapes that lie in the image", () => {
  const side = fc.integer({ min: 8, max: 400 });
  fc.assert(fc.property(side, side, side, side, fc.integer(), (w, h, cw, ch, seed) => {
    const sizes = { source: { width: w, height: h }, crop: { width: cw, height: ch } };
    const options = { scale: [0.2, 0.9], ratio: [0.5, 2] };
    const { zoom, stretch, angle, flip } = randomResizedCrop.geometry!(
      options,
      randomStream(seed),
      sizes,
    );
    assert.deepEqual([angle, flip], [0, false]);
    const [across, down] = [cw / (zoom * stretch!), ch / zoom];
    assert.ok(across <= w * (1 + 1e-9) && down <= h * (1 + 1e-9));
    const shape = (across / down) / (cw / ch);
    assert.ok(shape > 0.5 - 1e-9 && shape < 2 + 1e-9, `${shape}`);
    const share = across * down / (w * h);
    assert.ok(share < 0.9 + 1e-9);
  }));
});

test("randomResizedCrop draws as many numbers whatever comes of them", () => {
  const next = (source: { width: number; height: number }) => {
    const rng = randomStream(7);
    const crop = { width: 64, height: 64 };
    randomResizedCrop.geometry!({ scale: [0.9, 1], ratio: [0.5, 2] }, rng, { source, crop });
    return rng.uniform();
  };
  assert.equal(next({ width: 100, height: 100 }), next({ width: 1000, height: 10 }));
});

test("randomResizedCrop fills the crop, so that nothing of it is outside the image", () => {
  for (let seed = 0; seed < 50; seed++) {
    const [width, height] = [30 + seed, 40];
    const { label } = augmentSample({
      id: "a",
      image: { width, height, data: new Uint8Array(width * height * 3) },
      label: { width, height, data: new Uint8Array(width * height) },
    }, {
      crop: [24, 32],
      augment: [{ name: "random-resized-crop", scale: [0.1, 1], ratio: [0.75, 1.333] }],
      fill: [0, 0, 0],
      ignoreLabel: 255,
      rng: (...purpose) => randomStream(seed, ...purpose),
    });
    assert.ok(label.every((value) => value === 0));
  }
});
