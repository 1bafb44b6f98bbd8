/**
 * Quantiles of Student's t distribution.
 *
 * @module
 */

/**
 * The value that a t-distributed number stays below with the given probability, to about 1e-10.
 *
 * @param probability Above 0.5, below 1.
 * @param freedom Degrees of freedom, at least 1.
 * @throws {RangeError} If either is outside its range.
 * @example
 * ```ts
 * import { studentQuantile } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * assert.equal(studentQuantile(0.975, 2).toFixed(4), "4.3027");
 * ```
 */
export function studentQuantile(probability: number, freedom: number): number {
  if (!(probability > 0.5 && probability < 1 && freedom >= 1)) {
    throw new RangeError(
      `Cannot take the t quantile at ${probability} with ${freedom} degrees of freedom: ` +
        "0.5 < probability < 1 and freedom >= 1 are needed",
    );
  }
  let low = 0;
  let high = 1;
  while (cumulative(high, freedom) < probability) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (cumulative(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0. */
function cumulative(t: number, freedom: number): number {
  const x = freedom / (freedom + t * t);
  return 1 - incompleteBeta(x, freedom / 2, 0.5) / 2;
}

/** Regularised incomplete beta function, by Lentz' continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  ) / a;
  let c = 1;
  let d = 1 / (1 - (a + b) * x / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    const before = fraction;
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      fraction *= c * d;
    }
    if (Math.abs(fraction - before) < 1e-15 * fraction) break;
  }
  return front * fraction;
}

/** Lanczos' approximation (g = 7, 9 terms). */
function logGamma(z: number): number {
  const [first, ...terms] = [
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
  ] as const;
  const x = z - 1;
  const series = terms.reduce((total, term, i) => total + term / (x + i + 1), first as number);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(series);
}
