/**
 * Inflate (RFC 1950 and 1951) in plain TypeScript, for pages: `DecompressionStream` answers later and
 * knows no most.
 *
 * @module
 */

/** Order in which the lengths of the code of lengths stand. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** First length or distance of each symbol and its extra bits: they double every `step` symbols. */
function ranges(
  first: number,
  { count, step }: { count: number; step: number },
): [number, number][] {
  let base = first;
  return Array.from({ length: count }, (_, i) => {
    const extra = Math.max(0, Math.floor(i / step) - 1);
    base += 2 ** extra;
    return [base - 2 ** extra, extra];
  });
}

const LENGTHS: [number, number][] = [...ranges(3, { count: 28, step: 4 }), [258, 0]];
const DISTANCES = ranges(1, { count: 30, step: 2 });

/** Codes as a table over the next `bits` bits: symbol · 16 + length; 0 where no code is. */
interface Codes {
  bits: number;
  table: Uint16Array;
}

/** Makes the table of canonical codes, as their lengths give them. */
function codesOf(lengths: Uint8Array): Codes {
  const bits = lengths.reduce((most, length) => Math.max(most, length), 1);
  const counts = new Uint16Array(bits + 1);
  for (const length of lengths) if (length > 0) counts[length]!++;
  const next = new Uint32Array(bits + 2);
  let left = 1;
  for (let length = 1; length <= bits; length++) {
    left = left * 2 - counts[length]!;
    if (left < 0) throw new SyntaxError("invalid code lengths");
    next[length + 1] = next[length]! + counts[length]! << 1;
  }
  const table = new Uint16Array(1 << bits);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    let reversed = 0;
    const code = next[length]!++;
    for (let bit = 0; bit < length; bit++) reversed |= (code >> bit & 1) << length - 1 - bit;
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = symbol << 4 | length;
  }
  return { bits, table };
}

const FIXED = {
  literals: codesOf(
    Uint8Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8),
  ),
  distances: codesOf(new Uint8Array(30).fill(5)),
};

/** A stream that is read bit by bit, and what came out of it. */
class Inflater {
  readonly #bytes: Uint8Array;
  readonly #most: number;
  #at = 2;
  #held = 0;
  #count = 0;
  #out: Uint8Array;
  #length = 0;

  constructor(bytes: Uint8Array, { most, chunk }: { most: number; chunk: number }) {
    this.#bytes = bytes;
    this.#most = most;
    this.#out = new Uint8Array(Math.min(most, chunk));
  }

  run(): Uint8Array {
    const [method = 0, flags = 0] = this.#bytes;
    if ((method & 15) !== 8 || (method << 8 | flags) % 31 !== 0 || (flags & 32) !== 0) {
      throw new SyntaxError("incorrect header check");
    }
    for (let last = 0; last === 0;) {
      last = this.#take(1);
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#compressed(FIXED);
      else if (type === 2) this.#compressed(this.#codes());
      else throw new SyntaxError("invalid block type");
    }
    this.#at -= this.#count >> 3;
    const out = this.#out.subarray(0, this.#length);
    const sum = this.#bytes.subarray(this.#at, this.#at + 4);
    if (sum.length < 4) throw new SyntaxError("unexpected end of file");
    const wanted = new DataView(sum.buffer, sum.byteOffset).getUint32(0);
    if (wanted !== adler32(out)) throw new SyntaxError("incorrect data check");
    return out;
  }

  /** Holds at least `count` bits where there are so many; zeros follow the end. */
  #fill(count: number): void {
    while (this.#count < count) {
      this.#held |= (this.#bytes[this.#at] ?? 0) << this.#count;
      this.#at++;
      this.#count += 8;
    }
    if (this.#at > this.#bytes.length + 4) throw new SyntaxError("unexpected end of file");
  }

  #take(count: number): number {
    this.#fill(count);
    const bits = this.#held & (1 << count) - 1;
    this.#held >>>= count;
    this.#count -= count;
    return bits;
  }

  #symbol({ bits, table }: Codes): number {
    this.#fill(bits);
    const found = table[this.#held & table.length - 1]!;
    if (found === 0) throw new SyntaxError("invalid code");
    const length = found & 15;
    this.#held >>>= length;
    this.#count -= length;
    return found >> 4;
  }

  #stored(): void {
    this.#at -= this.#count >> 3;
    this.#held = this.#count = 0;
    const [a = 0, b = 0, c = 0, d = 0] = this.#bytes.subarray(this.#at, this.#at + 4);
    const length = a | b << 8;
    if (length !== (~(c | d << 8) & 0xffff)) throw new SyntaxError("invalid stored block lengths");
    this.#at += 4;
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    if (part.length < length) throw new SyntaxError("unexpected end of file");
    this.#reserve(length);
    this.#out.set(part, this.#length);
    this.#length += length;
    this.#at += length;
  }

  #codes(): { literals: Codes; distances: Codes } {
    const [literals, distances, given] = [
      this.#take(5) + 257,
      this.#take(5) + 1,
      this.#take(4) + 4,
    ];
    const own = new Uint8Array(19);
    for (const at of ORDER.slice(0, given)) own[at] = this.#take(3);
    const codes = codesOf(own);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length;) {
      const symbol = this.#symbol(codes);
      if (symbol < 16) lengths[i++] = symbol;
      else {
        const value = symbol === 16 ? lengths[i - 1] ?? -1 : 0;
        const times = symbol === 16
          ? 3 + this.#take(2)
          : symbol === 17
          ? 3 + this.#take(3)
          : 11 + this.#take(7);
        if (value < 0 || i + times > lengths.length) throw new SyntaxError("invalid code lengths");
        lengths.fill(value, i, i += times);
      }
    }
    return {
      literals: codesOf(lengths.subarray(0, literals)),
      distances: codesOf(lengths.subarray(literals)),
    };
  }

  #compressed({ literals, distances }: { literals: Codes; distances: Codes }): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        if (this.#length === this.#out.length) this.#reserve(1);
        this.#out[this.#length++] = symbol;
        continue;
      }
      const [base, extra] = LENGTHS[symbol - 257] ?? [0, 0];
      if (base === 0) throw new SyntaxError("invalid length");
      const length = base + this.#take(extra);
      const [near, more] = DISTANCES[this.#symbol(distances)] ?? [Infinity, 0];
      const distance = near + this.#take(more);
      if (distance > this.#length) throw new SyntaxError("invalid distance too far back");
      this.#reserve(length);
      const out = this.#out;
      for (let to = this.#length, end = to + length; to < end; to++) out[to] = out[to - distance]!;
      this.#length += length;
    }
  }

  /** Makes room for so many bytes more. */
  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#out.length) return;
    if (needed > this.#most) throw new RangeError(`it holds more than ${this.#most} bytes`);
    const larger = new Uint8Array(Math.min(this.#most, Math.max(needed, this.#out.length * 2)));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}

/**
 * Unpacks a zlib stream.
 *
 * @param options `most`: bytes that it may hold; `chunk`: the bytes to be expected.
 * @throws {SyntaxError} If it is damaged or cut short.
 * @throws {RangeError} If it holds more.
 */
export function inflatePlain(
  packed: Uint8Array,
  { most, chunk = 16_384 }: { most: number; chunk?: number | undefined },
): Uint8Array {
  return new Inflater(packed, { most, chunk }).run();
}

/** The checksum of zlib streams. */
export function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let i = 0; i < bytes.length;) {
    // As many as leave both sums below 2^32
    for (const end = Math.min(bytes.length, i + 3800); i < end; i++) b += a += bytes[i]!;
    a %= 65_521;
    b %= 65_521;
  }
  return (b << 16 | a) >>> 0;
}
