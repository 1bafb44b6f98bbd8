/**
 * SHA-256 in plain TypeScript, for pages: their `crypto.subtle` answers later and takes no parts.
 *
 * @module
 */

/** First 32 bits of the fractional part of the roots of the first primes, by FIPS 180-4. */
function rootBits(count: number, root: (value: number) => number): Uint32Array {
  const bits = new Uint32Array(count);
  for (let prime = 2, found = 0; found < count; prime++) {
    let divisor = 2;
    while (divisor * divisor <= prime && prime % divisor !== 0) divisor++;
    if (divisor * divisor > prime) bits[found++] = (root(prime) % 1) * 2 ** 32;
  }
  return bits;
}

const START = rootBits(8, Math.sqrt);
const ROUND = rootBits(64, Math.cbrt);

/** A SHA-256 in progress. */
export class PlainSha256 {
  readonly #state: Uint32Array = START.slice();
  readonly #block: Uint8Array = new Uint8Array(64);
  readonly #words: Uint32Array = new Uint32Array(64);
  #length = 0;

  /** Takes more bytes; a text as UTF-8. */
  update(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let at = 0; at < bytes.length;) {
      const filled = this.#length % 64;
      const part = bytes.subarray(at, at + 64 - filled);
      this.#block.set(part, filled);
      this.#length += part.length;
      at += part.length;
      if (this.#length % 64 === 0) this.#digestBlock();
    }
  }

  /** Ends it. @returns 64 hexadecimal digits. */
  hex(): string {
    const bits = this.#length * 8;
    const tail = new Uint8Array(72 - (this.#length + 8) % 64);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(tail.length - 4, bits >>> 0);
    this.update(tail);
    return [...this.#state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  #digestBlock(): void {
    const [w, block] = [this.#words, this.#block];
    const view = new DataView(block.buffer);
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(i * 4);
    for (let i = 16; i < 64; i++) {
      const [a, b] = [w[i - 15]!, w[i - 2]!];
      const low = rotate(a, 7) ^ rotate(a, 18) ^ a >>> 3;
      const high = rotate(b, 17) ^ rotate(b, 19) ^ b >>> 10;
      w[i] = w[i - 16]! + low + w[i - 7]! + high;
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as number[] as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ];
    for (let i = 0; i < 64; i++) {
      const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const choice = e & f ^ ~e & g;
      const first = h + high + choice + ROUND[i]! + w[i]! | 0;
      const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const most = a & b ^ a & c ^ b & c;
      [h, g, f, e, d, c, b, a] = [g, f, e, d + first | 0, c, b, a, first + low + most | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => this.#state[i]! += value);
  }
}

function rotate(word: number, by: number): number {
  return word >>> by | word << 32 - by;
}
