/**
 * A hash of what a picture shows, which changes little where the file is saved again, resized or
 * made brighter.
 *
 * @module
 */
import { shownColors } from "../codecs/to_levels.ts";
import type { RgbImage } from "../dataset.ts";

/** Side of the grey thumbnail, and of the block of its lowest frequencies. */
const [SIDE, LOW] = [32, 16];

/** Standard deviation of the thumbnail, in levels, below which a picture shows too little. */
const PLAIN = 2;

/** Bits in which hashes of pictures that look alike may differ, of 256. */
export const ALIKE_BITS = 32;

/**
 * The perceptual hash of a picture (pHash): whether each of the 16×16 lowest frequencies of its grey
 * thumbnail is above their median. 64 hexadecimal digits; "" where it is nearly of one colour.
 */
export function pictureHash(image: RgbImage): string {
  const grey = thumbnail(image);
  const mean = grey.reduce((a, b) => a + b, 0) / grey.length;
  const spread = Math.sqrt(grey.reduce((sum, v) => sum + (v - mean) ** 2, 0) / grey.length);
  if (spread < PLAIN) return "";
  const rows = transformed(grey, SIDE);
  const low = transformed(rows, LOW);
  // The first is the mean, which says nothing
  low[0] = 0;
  const sorted = Float64Array.from(low).sort();
  const median = (sorted[low.length / 2 - 1]! + sorted[low.length / 2]!) / 2;
  let hash = "";
  for (let i = 0; i < low.length; i += 4) {
    const bits = [0, 1, 2, 3].reduce((sum, j) => sum * 2 + Number(low[i + j]! > median), 0);
    hash += bits.toString(16);
  }
  return hash;
}

/** Pairs of pictures that look alike, as places in the two lists; "" is like none. */
export function alikePairs(
  a: readonly string[],
  b: readonly string[],
): [first: number, second: number][] {
  const [own, others] = [wordsOf(a), wordsOf(b)];
  const found: [number, number][] = [];
  for (let i = 0; i < a.length; i++) {
    if (a[i] === "") continue;
    for (let j = 0; j < b.length; j++) {
      let bits = 0;
      for (let word = 0; word < WORDS && bits <= ALIKE_BITS; word++) {
        bits += bitCount(own[i * WORDS + word]! ^ others[j * WORDS + word]!);
      }
      if (bits <= ALIKE_BITS && b[j] !== "") found.push([i, j]);
    }
  }
  return found;
}

const WORDS = LOW * LOW / 32;

function wordsOf(hashes: readonly string[]): Int32Array {
  const words = new Int32Array(hashes.length * WORDS);
  for (const [i, hash] of hashes.entries()) {
    for (let word = 0; word < WORDS && hash !== ""; word++) {
      words[i * WORDS + word] = parseInt(hash.slice(word * 8, word * 8 + 8), 16);
    }
  }
  return words;
}

function bitCount(word: number): number {
  word -= word >>> 1 & 0x55555555;
  word = (word & 0x33333333) + (word >>> 2 & 0x33333333);
  return Math.imul(word + (word >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Means of a picture's grey over a grid; a cell narrower than a pixel has the one it lies in. */
function thumbnail(image: RgbImage): Float64Array {
  const { width, height, data } = shownColors(image);
  const grey = new Float64Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row++) {
    const top = Math.floor(row * height / SIDE);
    const bottom = Math.max(top + 1, Math.floor((row + 1) * height / SIDE));
    for (let column = 0; column < SIDE; column++) {
      const left = Math.floor(column * width / SIDE);
      const right = Math.max(left + 1, Math.floor((column + 1) * width / SIDE));
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let at = 3 * (y * width + left); at < 3 * (y * width + right); at += 3) {
          sum += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
        }
      }
      grey[row * SIDE + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return grey;
}

const COSINES = Float64Array.from(
  { length: LOW * SIDE },
  (_, i) => Math.cos(Math.PI * (2 * (i % SIDE) + 1) * Math.floor(i / SIDE) / (2 * SIDE)),
);

/** The lowest frequencies of each of `lines` columns of a matrix, transposed. */
function transformed(matrix: Float64Array, lines: number): Float64Array {
  const result = new Float64Array(lines * LOW);
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < LOW; k++) {
      let sum = 0;
      for (let i = 0; i < SIDE; i++) sum += COSINES[k * SIDE + i]! * matrix[i * lines + line]!;
      result[line * LOW + k] = sum;
    }
  }
  return result;
}
