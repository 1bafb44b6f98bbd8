/**
 * Elementary functions that are bit-identical in every JavaScript engine. `Math.log` and its kin may
 * differ in the last bit between V8 and JavaScriptCore; these use only operations that IEEE 754
 * defines exactly (+ − × ÷ and bit patterns). Errors stay below 1e-14 relative.
 *
 * @module
 */

const LN2 = 0.6931471805599453;
const WORDS = new Uint32Array(2);
const DOUBLE = new Float64Array(WORDS.buffer);
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** 1/0!, 1/1!, … 1/17!: coefficients of the series. */
const INVERSE_FACTORIALS: number[] = [];
for (let n = 0, f = 1; n <= 17; f *= ++n) INVERSE_FACTORIALS.push(1 / f);

/**
 * Natural logarithm of a positive, normal double.
 *
 * @throws {RangeError} If `x` is not a positive, finite, normal number.
 */
export function exactLog(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) {
    throw new RangeError(`Cannot take the logarithm of ${x}: must be positive and finite`);
  }
  DOUBLE[0] = x;
  let exponent = (WORDS[HIGH]! >>> 20) - 1023;
  WORDS[HIGH] = (WORDS[HIGH]! & 0xfffff) | 0x3ff00000;
  let mantissa = DOUBLE[0]!;
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    exponent++;
  }
  // log m = 2·atanh(s), s = (m − 1)/(m + 1), |s| < 0.172.
  const s = (mantissa - 1) / (mantissa + 1);
  const s2 = s * s;
  let sum = 0;
  for (let k = 19; k >= 1; k -= 2) sum = sum * s2 + 1 / k;
  return exponent * LN2 + 2 * s * sum;
}

/**
 * eˣ for |x| ≤ 700.
 *
 * @throws {RangeError} If `x` lies outside.
 */
export function exactExp(x: number): number {
  if (!(x >= -700 && x <= 700)) {
    throw new RangeError(`Cannot exponentiate ${x}: must lie in -700..700`);
  }
  const exponent = Math.round(x / LN2);
  const rest = x - exponent * LN2; // |rest| < 0.35
  let sum = 0;
  for (let n = 15; n >= 0; n--) sum = sum * rest + INVERSE_FACTORIALS[n]!;
  WORDS[1 - HIGH] = 0;
  WORDS[HIGH] = (exponent + 1023) << 20;
  return sum * DOUBLE[0]!;
}

/**
 * Cosine of an angle in radians, |x| ≤ 1000.
 *
 * @throws {RangeError} If `x` lies outside.
 */
export function exactCos(x: number): number {
  return quarterWave(x, 1);
}

/**
 * Sine of an angle in radians, |x| ≤ 1000.
 *
 * @throws {RangeError} If `x` lies outside.
 */
export function exactSin(x: number): number {
  return quarterWave(x, 0);
}

/** sin(x + shift·π/2) by reduction to |r| ≤ π/4 and the Taylor series. */
function quarterWave(x: number, shift: number): number {
  if (!(x >= -1000 && x <= 1000)) {
    throw new RangeError(`Cannot take sine or cosine of ${x} radians: must lie in -1000..1000`);
  }
  const turns = Math.round(x / (Math.PI / 2));
  // π/2 in two parts, the first short enough for an exact product.
  const r = x - turns * 1.57079632673412561417 - turns * 6.07710050650619224932e-11;
  const quadrant = (((turns + shift) % 4) + 4) % 4;
  const r2 = r * r;
  let sum = 0;
  for (let n = quadrant % 2 === 0 ? 17 : 16; n >= 0; n -= 2) {
    sum = INVERSE_FACTORIALS[n]! - r2 * sum;
  }
  const value = quadrant % 2 === 0 ? sum * r : sum;
  return quadrant < 2 ? value : -value;
}
