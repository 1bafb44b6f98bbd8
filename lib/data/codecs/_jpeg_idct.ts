/**
 * From the coefficients of a JPEG block to its pixels: the integer transform of Loeffler, Ligtenberg
 * and Moschytz (ICASSP 1989) with 13-bit constants, as exact as libjpeg's default and equal to it.
 */

/** Place in the block (row · 8 + column) of each coefficient in zigzag order. */
const ZIGZAG: Uint8Array = zigzag();

const block = new Int32Array(64);

/** Multiplies by the quantisation table, transforms back, adds 128 and clamps into `pixels`. */
export function blockPixels(
  coefficients: Int16Array,
  table: Uint16Array,
  { pixels }: { pixels: Uint8Array },
): void {
  for (let k = 0; k < 64; k++) block[ZIGZAG[k]!] = coefficients[k]! * table[k]!;
  for (let column = 0; column < 8; column++) transform(column, { step: 8, shift: 11 });
  for (let row = 0; row < 8; row++) transform(row * 8, { step: 1, shift: 18 });
  for (let i = 0; i < 64; i++) {
    const value = block[i]! + 128;
    pixels[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

/** One row or column in place; drops `shift` bits with rounding. */
function transform(at: number, { step, shift }: { step: number; shift: number }): void {
  const input = (index: number): number => block[at + index * step]!;
  // Even coefficients: two sums and a rotation by 3π/8 (√2-scaled).
  const even = (input(2) + input(6)) * 4433;
  const low = even - input(6) * 15137;
  const high = even + input(2) * 6270;
  const sum = (input(0) + input(4)) * 8192;
  const difference = (input(0) - input(4)) * 8192;
  // Odd coefficients: three rotations that share z5.
  const [t0, t1, t2, t3] = [input(7), input(5), input(3), input(1)];
  const z5 = (t0 + t2 + t1 + t3) * 9633;
  const z1 = (t0 + t3) * -7373;
  const z2 = (t1 + t2) * -20995;
  const z3 = (t0 + t2) * -16069 + z5;
  const z4 = (t1 + t3) * -3196 + z5;
  const odd = [
    t3 * 12299 + z1 + z4,
    t2 * 25172 + z2 + z3,
    t1 * 16819 + z2 + z4,
    t0 * 2446 + z1 + z3,
  ] as const;
  const evens = [sum + high, difference + low, difference - low, sum - high] as const;
  const round = 1 << (shift - 1);
  for (let i = 0; i < 4; i++) {
    block[at + i * step] = (evens[i]! + odd[i]! + round) >> shift;
    block[at + (7 - i) * step] = (evens[i]! - odd[i]! + round) >> shift;
  }
}

function zigzag(): Uint8Array {
  const order = new Uint8Array(64);
  for (let k = 0, row = 0, column = 0; k < 64; k++) {
    order[k] = row * 8 + column;
    const up = (row + column) % 2 === 0;
    if (up ? column === 7 : row === 7) up ? row++ : column++;
    else if (up ? row === 0 : column === 0) up ? column++ : row++;
    else {
      row += up ? -1 : 1;
      column += up ? 1 : -1;
    }
  }
  return order;
}
