import { test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  augmentations,
  type AugmentOptions,
  augmentSample,
} from "../../../lib/data/transforms/augment.ts";
import type { AffineOptions } from "../../../lib/data/transforms/augmentations/affine.ts";
import type { Sample } from "../../../lib/data/dataset.ts";
import { resizeImage, resizeLabel } from "../../../lib/data/transforms/resize.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { optionsSchema, parseOptions } from "../../../lib/util/registry.ts";
import { field, whole } from "../../../lib/util/schema.ts";
import type { Size } from "../../../lib/util/schema.ts";
import { runPython, skipWithoutPillow } from "../../support/pillow.ts";

function noiseSample(width: number, height: number): Sample {
  const stream = randomStream(3, width, height);
  const bytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => stream.integer(200));
  return {
    id: "noise",
    image: { width, height, data: bytes(width * height * 3) },
    label: { width, height, data: bytes(width * height) },
  };
}

/** Streams that give the listed numbers: zoom, rotation, flip, across, down. */
function scripted(...values: number[]): AugmentOptions["rng"] {
  const stream = randomStream(0);
  let next = 0;
  stream.uniform = () => values[next++]!;
  return () => stream;
}

/** Streams of a seed. */
function seeded(seed: number): AugmentOptions["rng"] {
  return (...purpose) => randomStream(seed, ...purpose);
}

/** What `affine` is to do; without options, nothing. */
function affine(options: Partial<AffineOptions> = {}): Pick<AugmentOptions, "augment"> {
  return { augment: [{ name: "affine", zoom: [1, 1], rotate: 0, flip: false, ...options }] };
}

const PLAIN: Omit<AugmentOptions, "crop" | "rng"> = {
  ...affine(),
  fill: [1, 2, 3],
  ignoreLabel: 255,
};

test("augmentations describe themselves, change something and have defaults for all options", () => {
  for (const { name, summary, options, geometry, pixels, batch } of augmentations) {
    assert.match(summary, /^.{10,90}[^.]$/);
    assert.ok(geometry !== undefined || pixels !== undefined || batch !== undefined, name);
    assert.equal(Object.keys(parseOptions(options, {}, { name })).length > 0, true);
  }
});

test("augmentSample() gives the sample itself when everything is off", () => {
  const sides = fc.integer({ min: 1, max: 30 });
  fc.assert(fc.property(sides, sides, fc.integer(), (width, height, seed) => {
    const sample = noiseSample(width, height);
    const rng = seeded(seed);
    const { image, label } = augmentSample(sample, { ...PLAIN, crop: [height, width], rng });
    assert.deepEqual([...image], [...sample.image.data]);
    assert.deepEqual(label, sample.label.data);
  }));
});

test("augmentSample() mirrors left to right", () => {
  const sample = noiseSample(5, 2);
  const rng = scripted(0, 0, 0.4, 0, 0);
  const { image, label } = augmentSample(sample, {
    ...PLAIN,
    ...affine({ flip: true }),
    crop: [2, 5],
    rng,
  });
  for (let y = 0; y < 2; y++) {
    for (let x = 0; x < 5; x++) {
      const [at, from] = [y * 5 + x, y * 5 + 4 - x];
      assert.equal(label[at], sample.label.data[from]);
      assert.equal(image[at * 3 + 2], sample.image.data[from * 3 + 2]);
    }
  }
});

test("augmentSample() cuts every position of the crop equally often", () => {
  const sample = noiseSample(6, 3);
  sample.label.data.forEach((_, i, data) => data[i] = i);
  const counts = new Map<number, number>();
  for (let seed = 0; seed < 8000; seed++) {
    const { label } = augmentSample(sample, { ...PLAIN, crop: [2, 3], rng: seeded(seed) });
    const corner = label[0]!;
    assert.deepEqual([...label], [0, 1, 2, 6, 7, 8].map((offset) => corner + offset));
    counts.set(corner, (counts.get(corner) ?? 0) + 1);
  }
  // 4 columns × 2 rows, 1000 each, standard deviation 30.
  assert.deepEqual([...counts.keys()].sort((a, b) => a - b), [0, 1, 2, 3, 6, 7, 8, 9]);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count}`);
});

test("augmentSample() surrounds a small image with the fill", () => {
  const sample = noiseSample(3, 2);
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const { image, label } = augmentSample(sample, {
      ...PLAIN,
      crop: [3, 5],
      rng: seeded(seed),
    });
    const inside = [...label.keys()].filter((i) => label[i] !== 255);
    assert.deepEqual(inside.map((i) => label[i]), [...sample.label.data]);
    const [x, y] = [inside[0]! % 5, Math.floor(inside[0]! / 5)];
    seen.add(`${x},${y}`);
    for (const i of label.keys()) {
      if (label[i] === 255) assert.deepEqual([...image.subarray(i * 3, i * 3 + 3)], [1, 2, 3]);
    }
  }
  assert.equal(seen.size, 6); // 3 columns × 2 rows where it may lie
});

test("augmentSample() zooms as resizeImage() and resizeLabel() do", () => {
  for (const zoom of [0.5, 0.7, 1.3, 2]) {
    const sample = noiseSample(24, 17);
    const [height, width] = [Math.round(17 * zoom), Math.round(24 * zoom)];
    for (const mirrored of [false, true]) {
      const rng = scripted(0, 0, 0, 0, 0);
      const options = { ...PLAIN, ...affine({ zoom: [zoom, zoom], flip: mirrored }), rng };
      const { image, label } = augmentSample(sample, { ...options, crop: [height, width] });
      const expected = resizeImage(sample.image, [height, width]);
      const labels = resizeLabel(sample.label, [height, width]).data;
      for (let i = 0; i < label.length; i++) {
        const row = Math.floor(i / width) * width;
        const from = mirrored ? row + width - 1 - (i - row) : i;
        assert.equal(label[i], labels[from]);
        for (let c = 0; c < 3; c++) {
          assert.ok(Math.abs(image[i * 3 + c]! - expected[from * 3 + c]!) < 0.501); // rounded
        }
      }
    }
  }
});

test("augmentSample() turns as Pillow's affine transform does", { skip: skipWithoutPillow }, () => {
  const [width, height, degrees] = [31, 23, 10];
  const sample = noiseSample(width, height);
  // u = 1 turns by +10 degrees; the angle's sense is checked by the comparison.
  const rng = scripted(0, 1, 0.9, 0, 0);
  const crop: [number, number] = [height, width];
  const { image, label } = augmentSample(sample, {
    ...PLAIN,
    ...affine({ rotate: degrees }),
    crop,
    rng,
  });
  const program = `
import json, math, sys
import numpy as np
from PIL import Image
job = json.load(sys.stdin)
w, h = job["width"], job["height"]
a = math.radians(job["degrees"])
c, s = math.cos(a), math.sin(a)
m = (c, s, w / 2 - c * w / 2 - s * h / 2, -s, c, h / 2 + s * w / 2 - c * h / 2)
image = Image.fromarray(np.array(job["image"], np.uint8).reshape(h, w, 3))
label = Image.fromarray(np.array(job["label"], np.uint8).reshape(h, w))
print(json.dumps([
    np.array(image.transform((w, h), Image.AFFINE, m, Image.BILINEAR, fillcolor=(1, 2, 3))).ravel().tolist(),
    np.array(label.transform((w, h), Image.AFFINE, m, Image.NEAREST, fillcolor=255)).ravel().tolist(),
]))
`;
  const job = {
    width,
    height,
    degrees,
    image: [...sample.image.data],
    label: [...sample.label.data],
  };
  const [pixels, labels] = JSON.parse(runPython(program, job)) as [number[], number[]];
  assert.ok(labels.includes(255), "the corners are empty");
  const different = [...label].filter((value, i) => value !== labels[i]).length;
  // Pillow steps in fixed point, so a pixel on the edge between two may fall either way.
  assert.ok(different <= label.length * 0.005, `${different} labels differ`);
  let off = 0;
  image.forEach((value, i) => off = Math.max(off, Math.abs(value - pixels[i]!)));
  assert.ok(off <= 1, `${off} levels off`); // Pillow interpolates in fixed point
});

test("augmentSample() draws zoom factors evenly on the log scale", () => {
  const sample = noiseSample(100, 1);
  let below = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const { label } = augmentSample(sample, {
      ...PLAIN,
      ...affine({ zoom: [0.5, 2] }),
      crop: [1, 200],
      rng: seeded(seed),
    });
    const width = label.filter((value) => value !== 255).length;
    assert.ok(width >= 50 && width <= 200);
    if (width < 100) below++;
  }
  assert.ok(Math.abs(below - 2000) < 160, `${below}`);
});

test("augmentSample() never reads outside the image", () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.integer({ min: 1, max: 12 }),
        height: fc.integer({ min: 1, max: 12 }),
        crop: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
        low: fc.double({ min: 0.05, max: 1, noNaN: true }),
        high: fc.double({ min: 1, max: 8, noNaN: true }),
        rotate: fc.double({ min: 0, max: 180, noNaN: true }),
        seed: fc.integer(),
      }),
      ({ width, height, crop, low, high, rotate, seed }) => {
        const { image, label } = augmentSample(noiseSample(width, height), {
          ...PLAIN,
          ...affine({ zoom: [low, high], rotate, flip: true }),
          crop,
          rng: seeded(seed),
          image: new Uint8Array(crop[0] * crop[1] * 3).fill(255),
        });
        assert.ok(image.every((value) => value < 200));
        assert.ok(label.every((value) => value < 200 || value === 255));
      },
    ),
    { numRuns: 500 },
  );
});

test("augmentSample() gives the committed bits in every runtime", () => {
  const { image, label } = augmentSample(noiseSample(50, 40), {
    ...PLAIN,
    ...affine({ zoom: [0.5, 2], rotate: 10, flip: true }),
    crop: [32, 32],
    rng: (...purpose) => randomStream(1, ...purpose, 2, 3),
  });
  const hash = createHash("sha256").update(image).update(label);
  assert.equal(hash.digest("hex").slice(0, 16), "4a0960cc734ff186");
});

test("augmentSample() applies further entries to the crop, each by a stream of its own", () => {
  const drawn: number[] = [];
  augmentations.register({
    name: "invert-of-test",
    summary: "inverts the pixels of a crop",
    options: optionsSchema({ from: field(whole(0), { fallback: 0, about: "First byte." }) }),
    pixels({ image }, { from }: { from: number }, rng) {
      drawn.push(rng.uniform());
      for (let i = from; i < image.length; i++) image[i] = 255 - image[i]!;
    },
  });
  const sample = noiseSample(9, 7);
  const options = { ...PLAIN, ...affine({ zoom: [0.5, 2], rotate: 10 }), crop: [5, 4] as Size };
  const plain = augmentSample(sample, { ...options, rng: seeded(4) });
  const augment = [...options.augment, { name: "invert-of-test", from: 3 }];
  const changed = augmentSample(sample, { ...options, augment, rng: seeded(4) });
  assert.deepEqual(drawn, [randomStream(4, "augment", "invert-of-test").uniform()]);
  assert.deepEqual(changed.label, plain.label);
  assert.deepEqual([...changed.image], [...plain.image].map((v, i) => i < 3 ? v : 255 - v));
});

test("augmentSample() composes the geometry of several entries, and refuses an unknown one", () => {
  const sample = noiseSample(5, 2);
  const [flip] = affine({ flip: true }).augment;
  const rng = scripted(0, 0, 0.4, 0, 0, 0.4, 0, 0);
  const { image } = augmentSample(sample, { ...PLAIN, augment: [flip!, flip!], crop: [2, 5], rng });
  assert.deepEqual(image, sample.image.data);
  const augment = [{ name: "afine" }];
  assert.throws(() => augmentSample(sample, { ...PLAIN, augment, crop: [2, 5], rng }), {
    message: 'Cannot find augmentation "afine": expected one of ' +
      `${augmentations.names.join(", ")}, got "afine"; did you mean affine?`,
  });
});

test("augmentSample() names the streams of an entry that comes twice apart", () => {
  const sample = noiseSample(9, 7);
  const purposes: string[] = [];
  const rng: AugmentOptions["rng"] = (...purpose) => {
    purposes.push(purpose.join(" "));
    return randomStream(1, ...purpose);
  };
  const flip = { name: "vertical-flip", p: 0.5 };
  augmentSample(sample, { ...PLAIN, augment: [flip, flip], crop: [2, 5], rng });
  assert.deepEqual(purposes, [
    "augment",
    "augment vertical-flip",
    "augment vertical-flip 2",
  ]);
});

test("augmentSample() moves pixels and labels together, whatever the augmentation", () => {
  // Pixels that name their label
  const [width, height] = [40, 30];
  const label = Uint8Array.from({ length: width * height }, (_, i) => i % width >> 2);
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => 10 * label[i / 3 | 0]!);
  const sample = { id: "a", image: { width, height, data }, label: { width, height, data: label } };
  const still = ["color-jitter", "grayscale", "gaussian-blur", "gaussian-noise"];
  for (const { name, options, batch } of augmentations) {
    if (batch !== undefined || still.includes(name) || name === "invert-of-test") continue;
    const own = parseOptions(options, {}, { name });
    const p = "p" in own ? { p: 1 } : {};
    for (let seed = 0; seed < 20; seed++) {
      const crop = augmentSample(sample, {
        crop: [12, 16],
        augment: [{ name, ...own, ...p } as AugmentOptions["augment"][number]],
        fill: [255, 255, 255],
        ignoreLabel: 255,
        rng: seeded(seed),
      });
      for (const [i, value] of crop.label.entries()) {
        if (value === 255) continue;
        // Interpolation mixes neighbours, which are one label apart
        const off = Math.abs(crop.image[3 * i]! / 10 - value);
        assert.ok(off <= 1 || crop.image[3 * i] === 255, `${name} ${seed} ${off}`);
      }
    }
  }
});

test("augmentSample() tries up to ten places where one class fills the crop", () => {
  // Class 1 in the right tenth, all else class 0
  const [width, height] = [40, 4];
  const label = Uint8Array.from({ length: width * height }, (_, i) => i % width >= 36 ? 1 : 0);
  const image = { width, height, data: new Uint8Array(width * height * 3) };
  const sample: Sample = { id: "edge", image, label: { width, height, data: label } };
  const crop: Size = [4, 8];
  const mixed = (maxClassShare: number): number => {
    let count = 0;
    for (let seed = 0; seed < 200; seed++) {
      const options = { ...PLAIN, crop, rng: seeded(seed), maxClassShare };
      const { label: drawn } = augmentSample(sample, options);
      const ones = drawn.reduce((sum, value) => sum + value, 0);
      if (ones >= drawn.length / 4) count++;
    }
    return count;
  };
  const [any, limited] = [mixed(1), mixed(0.75)];
  // 3 of 33 places have at least a quarter of class 1: in ten tries 1 − (30/33)¹⁰ = 61 %
  assert.ok(any < 40, `${any}`);
  assert.ok(limited > 100 && limited < 150, `${limited}`);
  const plain = augmentSample(sample, { ...PLAIN, crop, rng: seeded(1) });
  const off = augmentSample(sample, { ...PLAIN, crop, rng: seeded(1), maxClassShare: 1 });
  assert.deepEqual(off, plain);
});

test("augmentSample() does not count ignored pixels in a class's share", () => {
  const label = { width: 4, height: 1, data: new Uint8Array([0, 1, 255, 255]) };
  const sample: Sample = {
    id: "half",
    image: { width: 4, height: 1, data: new Uint8Array(12) },
    label,
  };
  let draws = 0;
  const stream = randomStream(0);
  stream.uniform = () => (draws++, 0);
  const options = { ...PLAIN, crop: [1, 4] as Size, rng: () => stream, maxClassShare: 0.5 };
  augmentSample(sample, options);
  const once = draws;
  draws = 0;
  augmentSample(
    { ...sample, label: { ...label, data: new Uint8Array([0, 0, 255, 255]) } },
    options,
  );
  assert.equal(draws, once + 9 * 2);
});
