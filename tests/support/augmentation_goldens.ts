/** What torchvision makes of a small image (tasks/goldens/augmentations.py). */
import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import golden from "../../fixtures/goldens/augmentations.json" with { type: "json" };
import { uniform } from "./golden_numbers.ts";

/** Height and width of the image. */
export const [height, width] = golden.size as [number, number];

/** The image, a copy. */
export function goldenImage(): Uint8Array {
  const levels = uniform("augmentations/image", width * height * 3);
  const image = Uint8Array.from(levels, (x) => Math.floor((x + 1) * 128));
  image.set([0, 0, 0, 255, 255, 255, 77, 77, 77]);
  return image;
}

/** Pixels of a case. */
export function goldenPixels(name: keyof typeof golden.cases): Uint8Array {
  return Uint8Array.from(Buffer.from(golden.cases[name], "base64"));
}

/** Names of the cases of a kind, with the numbers in them. */
export function goldenCases(
  kind: string,
): { name: keyof typeof golden.cases; numbers: number[] }[] {
  return (Object.keys(golden.cases) as (keyof typeof golden.cases)[])
    .filter((name) => name.split(" ")[0] === kind)
    .map((name) => ({ name, numbers: name.split(" ").slice(1).map(Number) }));
}

/**
 * Asserts equality, but for a share `most` of the values that may lie one level off: where a sum of
 * another order falls on the other side of a whole number.
 */
export function assertLevels(
  actual: Uint8Array,
  name: keyof typeof golden.cases,
  { most = 0 }: { most?: number } = {},
): void {
  const expected = goldenPixels(name);
  assert.equal(actual.length, expected.length);
  const gaps = actual.map((value, i) => Math.abs(value - expected[i]!));
  assert.ok(gaps.every((gap) => gap <= 1), `${name}: ${Math.max(...gaps)} levels apart`);
  const off = gaps.filter((gap) => gap > 0).length;
  assert.ok(off <= most * actual.length, `${name}: ${off} of ${actual.length} values differ`);
}
