/**
 * Random brightness, contrast, saturation and hue in random order, as torchvision's ColorJitter on
 * images of whole levels: each step ends in levels, cut off.
 *
 * @module
 */
import { z } from "zod";
import { permutation, type RandomStream } from "../../../util/random.ts";
import { optionsSchema } from "../../../util/registry.ts";
import { field, nonNegative } from "../../../util/schema.ts";
import { probability, within } from "./_fields.ts";
import type { Augmentation } from "./augmentation.ts";
import { luma } from "./grayscale.ts";

function strength(what: string): z.ZodType<number> {
  return field(nonNegative, {
    fallback: 0,
    about: `${what}: factor drawn from [max(0, 1 - x), 1 + x]; 0 leaves it.`,
  });
}

const options = optionsSchema({
  p: probability(1),
  brightness: strength("Brightness"),
  contrast: strength("Contrast"),
  saturation: strength("Saturation"),
  hue: field(z.number().min(0).max(0.5), {
    fallback: 0,
    about: "Hue: shift drawn from [-x, x], in turns of the colour circle; 0 leaves it.",
  }),
});

/** Options of {@linkcode colorJitter}. */
export type ColorJitterOptions = z.output<typeof options>;

/** Changes the colours of images; labels stay. */
export const colorJitter: Augmentation = {
  name: "color-jitter",
  summary: "brightness, contrast, saturation and hue, as torchvision's ColorJitter",
  options,
  pixels({ image }, given, rng) {
    const { p, brightness, contrast, saturation, hue } = given as ColorJitterOptions;
    if (!(rng.uniform() < p)) return;
    const order = permutation(STEPS.length, rng);
    const factors = [
      ...[brightness, contrast, saturation].map((strength) => factorOf(strength, rng)),
      within(rng, [-hue, hue]),
    ];
    const isOn = [brightness, contrast, saturation, hue].map((strength) => strength > 0);
    for (const which of order) if (isOn[which]) STEPS[which]!(image, factors[which]!);
  },
};

function factorOf(strength: number, rng: RandomStream): number {
  return within(rng, [Math.max(0, 1 - strength), 1 + strength]);
}

/** The four changes of RGB pixels in place, as torchvision's functional `adjust_*`. */
const STEPS: readonly ((image: Uint8Array, factor: number) => void)[] = [
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  adjustHue,
];

/** Multiplies by a factor; 0 is black. */
export function adjustBrightness(image: Uint8Array, factor: number): void {
  const levels = blendedWith(0, factor);
  for (let i = 0; i < image.length; i++) image[i] = levels[image[i]!]!;
}

/** Blends with the mean grey; 0 is that grey. */
export function adjustContrast(image: Uint8Array, factor: number): void {
  let sum = 0;
  for (let i = 0; i < image.length; i += 3) sum += luma(image[i]!, image[i + 1]!, image[i + 2]!);
  const levels = blendedWith(sum / (image.length / 3), factor);
  for (let i = 0; i < image.length; i++) image[i] = levels[image[i]!]!;
}

/** Blends with each pixel's grey; 0 has no colour. */
export function adjustSaturation(image: Uint8Array, factor: number): void {
  const [own, grey] = [Math.fround(factor), Math.fround(1 - factor)];
  const ownOf = Float32Array.from({ length: 256 }, (_, level) => own * level);
  const greyOf = Float32Array.from({ length: 256 }, (_, level) => grey * level);
  for (let i = 0; i < image.length; i += 3) {
    const part = greyOf[luma(image[i]!, image[i + 1]!, image[i + 2]!)]!;
    for (let c = i; c < i + 3; c++) {
      const value = Math.fround(ownOf[image[c]!]! + part);
      image[c] = value < 0 ? 0 : value > 255 ? 255 : value; // a byte has no fraction
    }
  }
}

/** Turns the colour circle by a share of it, -0.5 to 0.5. */
export function adjustHue(image: Uint8Array, shift: number): void {
  for (let i = 0; i < image.length; i += 3) {
    const [red, green, blue] = [image[i]!, image[i + 1]!, image[i + 2]!];
    const most = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const least = red < green ? (red < blue ? red : blue) : green < blue ? green : blue;
    const span = most - least;
    if (span === 0) continue; // grey has no hue
    let sector = most === red
      ? (green - blue) / span
      : most === green
      ? (blue - red) / span + 2
      : (red - green) / span + 4;
    sector += shift * 6;
    sector -= Math.floor(sector / 6) * 6;
    const third = sector | 0;
    const part = sector - third;
    const falling = level(most - span * part);
    const rising = level(most - span * (1 - part));
    const [high, low] = [most, least];
    image[i] = third === 0 || third === 5
      ? high
      : third === 1
      ? falling
      : third === 4
      ? rising
      : low;
    image[i + 1] = third === 1 || third === 2
      ? high
      : third === 0
      ? rising
      : third === 3
      ? falling
      : low;
    image[i + 2] = third === 3 || third === 4
      ? high
      : third === 2
      ? rising
      : third === 5
      ? falling
      : low;
  }
}

/** A value on 0..255 as torchvision makes it a level: of 256 equal parts. */
function level(value: number): number {
  return (value / 255 * 255.999) | 0;
}

/** Each level blended with a constant: factor·level + (1 − factor)·other, in float32 and cut off. */
function blendedWith(other: number, factor: number): Uint8Array {
  const [own, rest] = [Math.fround(factor), Math.fround(Math.fround(1 - factor) * other)];
  return Uint8Array.from({ length: 256 }, (_, level) => {
    const value = Math.fround(Math.fround(own * level) + rest);
    return Math.trunc(Math.min(255, Math.max(0, value)));
  });
}
