/**
 * Random numbers without shared state: a stream is named by a seed and counters (epoch, sample,
 * purpose), so any worker, and any resumed run, draws the same numbers. Within a stream the generator
 * is Chris Doty-Humphrey's sfc32, keyed by a 128-bit hash of the name.
 *
 * @module
 */
import { exactLog } from "./exact_math.ts";

/**
 * A stream of random numbers, bit-identical in every JavaScript engine. Made by
 * {@linkcode randomStream}.
 */
export class RandomStream {
  readonly #state: Int32Array;

  /** Takes ownership of four 32-bit words of state. */
  constructor(state: Int32Array) {
    this.#state = state;
  }

  /** The next 32 random bits, as an integer in [0, 2³²). */
  bits(): number {
    const s = this.#state;
    const b = s[1]!;
    const c = s[2]!;
    const counter = s[3]!;
    const out = (s[0]! + b + counter) | 0;
    s[3] = counter + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + out;
    return out >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number {
    return this.bits() / 4294967296;
  }

  /**
   * Uniform over 0..n−1, without bias.
   *
   * @throws {RangeError} If `n` is not an integer in 1..2³².
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 4294967296) {
      throw new RangeError(`Cannot draw an integer below ${n}: must be an integer in 1..2^32`);
    }
    const limit = 4294967296 - (4294967296 % n);
    for (;;) {
      const value = this.bits();
      if (value < limit) return value % n;
    }
  }

  /** Normal with mean 0 and standard deviation 1, from the inverse of its distribution. */
  normal(): number {
    return inverseNormal((this.bits() + 0.5) / 4294967296);
  }
}

/**
 * The stream named by a seed and any further counters. Equal names give equal streams; different
 * names give streams that are independent for all practical purposes. `1` and `"1"` differ.
 *
 * @throws {RangeError} If a number is not a safe integer.
 * @example
 * ```ts
 * import { randomStream } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * const epoch = 3, sample = 17;
 * const first = randomStream(42, "augment", epoch, sample).uniform();
 * assert.equal(randomStream(42, "augment", epoch, sample).uniform(), first);
 * ```
 */
export function randomStream(seed: number, ...counters: (number | string)[]): RandomStream {
  const hash = new Int32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]);
  for (const part of [seed, ...counters]) {
    if (typeof part === "string") {
      absorb(hash, 2);
      absorb(hash, part.length);
      for (let i = 0; i < part.length; i++) absorb(hash, part.charCodeAt(i));
    } else if (Number.isSafeInteger(part)) {
      absorb(hash, 1);
      absorb(hash, part);
      absorb(hash, Math.floor(part / 4294967296));
    } else {
      throw new RangeError(`Cannot name a random stream by ${part}: must be a safe integer`);
    }
  }
  hash[3] = 1; // sfc32's own counter
  const stream = new RandomStream(hash);
  for (let i = 0; i < 12; i++) stream.bits();
  return stream;
}

/** Mixes one 32-bit word into the hash: four lanes, each stirred by its neighbour. */
function absorb(hash: Int32Array, word: number): void {
  for (let lane = 0; lane < 4; lane++) {
    hash[lane] = mix(hash[lane]! ^ hash[(lane + 1) & 3]! ^ Math.imul(word + lane, 0x9e3779b1));
  }
}

/** A bijection of 32-bit words that changes half of the bits for each bit changed. */
function mix(value: number): number {
  let x = value + 0x6d2b79f5;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/**
 * Fills `target` with uniform numbers in [0, 1), multiples of 2⁻²⁴ (exact in float32).
 *
 * @returns `target`.
 * @example
 * ```ts
 * import { fillUniform, randomStream } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * const values = fillUniform(new Float32Array(100), randomStream(1));
 * assert.ok(values.every((value) => value >= 0 && value < 1));
 * ```
 */
export function fillUniform(target: Float32Array, stream: RandomStream): Float32Array {
  for (let i = 0; i < target.length; i++) target[i] = (stream.bits() >>> 8) / 16777216;
  return target;
}

/**
 * Fills `target` with normal numbers of mean 0 and standard deviation 1.
 *
 * @returns `target`.
 * @example
 * ```ts
 * import { fillNormal, randomStream } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * const values = fillNormal(new Float32Array(10_000), randomStream(1));
 * assert.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) / 10_000) < 0.05);
 * ```
 */
export function fillNormal(target: Float32Array, stream: RandomStream): Float32Array {
  for (let i = 0; i < target.length; i++) target[i] = stream.normal();
  return target;
}

/**
 * Quantile of the standard normal distribution, 0 < p < 1, to about 1e-15: rational approximations
 * of Wichura, "Algorithm AS 241" (Applied Statistics 37, 1988), PPND16.
 */
export function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return q *
      (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
                        45921.953931549871457) * r + 13731.693765509461125) * r +
                1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608) /
      (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
                        21213.794301586595867) * r + 5394.1960214247511077) * r +
                687.1870074920579083) * r + 42.313330701600911252) * r + 1);
  }
  let r = Math.sqrt(-exactLog(q < 0 ? p : 1 - p));
  let x: number;
  if (r <= 5) {
    r -= 1.6;
    x = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r +
                          0.24178072517745061177) * r + 1.27045825245236838258) * r +
                  3.64784832476320460504) * r + 5.7694972214606914055) * r +
          4.6303378461565452959) *
        r + 1.42343711074968357734) /
      (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r +
                            0.0151986665636164571966) * r + 0.14810397642748007459) * r +
                    0.68976733498510000455) * r + 1.6763848301838038494) * r +
            2.05319162663775882187) *
          r + 1);
  } else {
    r -= 5;
    x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                          0.0012426609473880784386) * r + 0.026532189526576123093) * r +
                  0.29656057182850489123) * r + 1.7848265399172913358) * r +
          5.4637849111641143699) *
        r + 6.6579046435011037772) /
      (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r +
                            1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r +
                    0.0148753612908506148525) * r + 0.13692988092273580531) * r +
            0.59983220655588793769) * r + 1);
  }
  return q < 0 ? -x : x;
}

/**
 * 0..n−1 in random order, every order equally likely (Fisher–Yates).
 *
 * @example
 * ```ts
 * import { permutation, randomStream } from "@segadv/segadv/util";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...permutation(4, randomStream(1))].sort(), [0, 1, 2, 3]);
 * ```
 */
export function permutation(n: number, rng: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    const value = order[i]!;
    order[i] = order[j]!;
    order[j] = value;
  }
  return order;
}
