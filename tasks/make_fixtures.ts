/**
 * Draws the fixture set from nothing: coloured shapes on textured ground, 64×64, with ignored
 * borders, in VOC's on-disk layout under `fixtures/`, and the same files as text in
 * `lib/data/readers/fixture_files.ts`, so that they travel inside the package.
 *
 * `deno run -A tasks/make_fixtures.ts`
 */
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { Buffer } from "node:buffer";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodePng } from "../lib/data/codecs/png_encode.ts";
import { FIXTURE_CLASSES, FIXTURE_SPLITS } from "../lib/data/readers/fixtures.ts";
import { vocPalette } from "../lib/data/readers/voc_palette.ts";
import { exactCos, exactSin } from "../lib/util/exact_math.ts";
import { type RandomStream, randomStream } from "../lib/util/random.ts";

const SIZE = 64;
const SEED = 2026;
const IGNORE = 255;

/** All files of the set by their path below `fixtures/VOCdevkit/VOC2012`. */
export async function makeFixtures(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const text = new TextEncoder();
  for (const [split, ids] of Object.entries(FIXTURE_SPLITS)) {
    for (const id of ids) {
      const { image, label } = drawSample(randomStream(SEED, id));
      const jpeg = await encodeJpeg(
        { data: image, width: SIZE, height: SIZE } as unknown as ImageData,
        { quality: 85 },
      );
      files.set(`JPEGImages/${id}.jpg`, new Uint8Array(jpeg));
      const palette = vocPalette(256);
      const png = {
        width: SIZE,
        height: SIZE,
        channels: 1,
        data: label,
        palette,
        level: 9,
      } as const;
      files.set(`SegmentationClass/${id}.png`, encodePng(png));
    }
    files.set(`ImageSets/Segmentation/${split}.txt`, text.encode(ids.join("\n") + "\n"));
  }
  return files;
}

/** The text of `lib/data/readers/fixture_files.ts`. */
export function fixtureModule(files: Map<string, Uint8Array>): string {
  const lines = [...files].map(([path, bytes]) =>
    `  "${path}":\n    "${Buffer.from(bytes).toString("base64")}",\n`
  );
  return `/** Made by tasks/make_fixtures.ts: the fixture set, path to base64. */\n` +
    `export const FIXTURE_FILES: Record<string, string> = {\n${lines.join("")}};\n`;
}

/** One picture (RGBA) and its label map. */
export function drawSample(rng: RandomStream): { image: Uint8ClampedArray; label: Uint8Array } {
  const image = new Uint8ClampedArray(SIZE * SIZE * 4).fill(255);
  const shape = new Uint8Array(SIZE * SIZE); // 0 ground, else 1 + number of the shape
  const label = new Uint8Array(SIZE * SIZE);
  const tint = [rng.uniform(), rng.uniform(), rng.uniform()].map((u) => 100 + 60 * u);
  const ground = texture(rng, 45);
  const count = 2 + rng.integer(2);
  const painters = Array.from({ length: count }, () => randomShape(rng));
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const at = y * SIZE + x;
      let color = tint;
      let light = ground[at]!;
      painters.forEach((painter, i) => {
        if (!painter.covers(x + 0.5, y + 0.5)) return;
        shape[at] = i + 1;
        label[at] = painter.class;
        color = painter.color;
        light = painter.texture[at]!;
      });
      for (let c = 0; c < 3; c++) {
        image[at * 4 + c] = color[c]! + light + 16 * (rng.uniform() - 0.5);
      }
    }
  }
  markBorders(shape, label);
  return { image, label };
}

interface Painter {
  class: number;
  color: number[];
  texture: Float64Array;
  covers(x: number, y: number): boolean;
}

/** A shape of random class, place, size, angle and hue. Hue tells the class, if not sharply. */
function randomShape(rng: RandomStream): Painter {
  const index = 1 + rng.integer(FIXTURE_CLASSES.length - 1);
  const radius = 10 + 8 * rng.uniform();
  const [cx, cy] = [8 + 48 * rng.uniform(), 8 + 48 * rng.uniform()];
  const angle = 2 * Math.PI * rng.uniform();
  const [cos, sin] = [exactCos(angle), exactSin(angle)];
  const hue = [[205, 70, 60], [70, 180, 75], [65, 90, 205], [205, 185, 60]][index - 1]!;
  const inside = [disc, square, triangle, ring][index - 1]!;
  return {
    class: index,
    color: hue.map((value) => value + 60 * (rng.uniform() - 0.5)),
    texture: texture(rng, 25),
    covers(x, y) {
      const [dx, dy] = [(x - cx) / radius, (y - cy) / radius];
      return inside(dx * cos + dy * sin, dy * cos - dx * sin);
    },
  };
}

function disc(x: number, y: number): boolean {
  return x * x + y * y < 1;
}

function square(x: number, y: number): boolean {
  return Math.abs(x) < 0.85 && Math.abs(y) < 0.85;
}

function triangle(x: number, y: number): boolean {
  return y < 0.7 && y > 1.9 * Math.abs(x) - 1.2;
}

function ring(x: number, y: number): boolean {
  return x * x + y * y < 1.2 && x * x + y * y > 0.25;
}

/** Value noise of two octaves, −amplitude..amplitude. */
function texture(rng: RandomStream, amplitude: number): Float64Array {
  const field = new Float64Array(SIZE * SIZE);
  for (const [cell, weight] of [[16, 0.65], [4, 0.35]] as const) {
    const nodes = SIZE / cell + 1;
    const grid = Float64Array.from({ length: nodes * nodes }, () => 2 * rng.uniform() - 1);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const at = Math.floor(y / cell) * nodes + Math.floor(x / cell);
        const [fx, fy] = [(x % cell) / cell, (y % cell) / cell];
        const top = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
        const bottom = grid[at + nodes]! * (1 - fx) + grid[at + nodes + 1]! * fx;
        field[y * SIZE + x]! += amplitude * weight * (top * (1 - fy) + bottom * fy);
      }
    }
  }
  return field;
}

/** As VOC does: the pixels around a shape are nobody's. */
function markBorders(shape: Uint8Array, label: Uint8Array): void {
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const at = y * SIZE + x;
      const right = x + 1 < SIZE && shape[at + 1] !== shape[at];
      const below = y + 1 < SIZE && shape[at + SIZE] !== shape[at];
      if (right || below) label[at] = IGNORE;
    }
  }
}

if (import.meta.main) {
  const root = join(import.meta.dirname!, "..");
  const files = await makeFixtures();
  rmSync(join(root, "fixtures/VOCdevkit"), { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const target = join(root, "fixtures/VOCdevkit/VOC2012", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  writeFileSync(join(root, "lib/data/readers/fixture_files.ts"), fixtureModule(files));
}
