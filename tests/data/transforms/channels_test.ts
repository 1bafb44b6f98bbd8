import { test } from "node:test";
import assert from "node:assert/strict";
import { randomStream } from "../../../lib/util/random.ts";
import type { Sample } from "../../../lib/data/dataset.ts";
import { augmentSample } from "../../../lib/data/transforms/augment.ts";
import { fitImage } from "../../../lib/data/transforms/network_input.ts";

const [WIDTH, HEIGHT] = [23, 17];

/** A sample of n channels, of which the first three are the same for every n. */
function sampleOf(channels: number): Sample {
  const pixels = WIDTH * HEIGHT;
  const data = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) data[i * channels + c] = (i * (7 + 4 * c) + 13 * c) % 256;
  }
  const label = Uint8Array.from({ length: pixels }, (_, i) => i % 3);
  return {
    id: "a",
    image: { width: WIDTH, height: HEIGHT, data, ...(channels !== 3 && { channels }) },
    label: { width: WIDTH, height: HEIGHT, data: label },
  };
}

/** The first three of n channels. */
function firstThree<T extends Uint8Array | Float32Array>(values: T, channels: number): number[] {
  return [...values].filter((_, i) => i % channels < 3);
}

test("augmentSample() of more channels does to each what it does to red, green and blue", () => {
  for (const rotate of [0, 25]) {
    for (let seed = 1; seed <= 4; seed++) {
      const augment = [
        { name: "affine", zoom: rotate === 0 ? [1, 1] : [0.6, 1.7], rotate, flip: true },
        { name: "rotate-90", p: 1 },
      ];
      const made = [3, 5].map((channels) =>
        augmentSample(sampleOf(channels), {
          crop: [20, 28],
          augment,
          fill: [10, 20, 30, 40, 50].slice(0, channels),
          ignoreLabel: 255,
          rng: (...purpose) => randomStream(seed, ...purpose),
        })
      );
      const [rgb, five] = made as [(typeof made)[0], (typeof made)[0]];
      assert.deepEqual(five.label, rgb.label);
      assert.deepEqual(firstThree(five.image, 5), [...rgb.image]);
      const outside = five.label.indexOf(255);
      if (outside >= 0) {
        assert.deepEqual([...five.image.subarray(outside * 5, outside * 5 + 5)], [
          ...[10, 20, 30, 40, 50],
        ]);
      }
    }
  }
});

test("fitImage() resizes and normalises any number of channels", () => {
  const normalizeOf = (channels: number) => ({
    order: "rgb" as const,
    mean: [1, 2, 3, 4, 5].slice(0, channels),
    std: [2, 3, 4, 5, 6].slice(0, channels),
  });
  for (const options of [{}, { resize: [9, 30] as [number, number], resizeMode: "letterbox" }]) {
    const [rgb, five] = [3, 5].map((channels) =>
      fitImage(sampleOf(channels).image, {
        ...options as object,
        flip: true,
        normalize: normalizeOf(channels),
      })
    );
    assert.deepEqual(firstThree(five!.image, 5), [...rgb!.image]);
    assert.deepEqual(firstThree(five!.mirrored!, 5), [...rgb!.mirrored!]);
  }
});
