/** Bits and Huffman codes of a JPEG scan. */

/** A Huffman table, ready to be walked bit by bit. */
export interface HuffmanTable {
  /** Largest code of each length, −1 where there is none; index = length. */
  maxCode: Int32Array;
  /** What to add to a code of a length to find its symbol. */
  offset: Int32Array;
  symbols: Uint8Array;
}

/**
 * Builds a table from the counts of codes of 1..16 bits and their symbols.
 *
 * @throws {SyntaxError} If more codes are asked for than a length has.
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const maxCode = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    offset[length] = index - code;
    if (count > 0) maxCode[length] = code + count - 1;
    code += count;
    index += count;
    if (code > 1 << length) throw new SyntaxError("a Huffman table holds too many codes");
    code <<= 1;
  }
  if (index > symbols.length) throw new SyntaxError("a Huffman table is cut short");
  return { maxCode, offset, symbols };
}

/** Reads bits from the data of a scan, which ends at the next marker. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #left = 0;

  /** Starts at byte `at`. */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The byte after the last one read from. */
  get position(): number {
    return this.#at;
  }

  /**
   * One bit.
   *
   * @throws {SyntaxError} If the data ends before it.
   */
  bit(): number {
    if (this.#left === 0) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new SyntaxError("premature end of image data");
      if (byte === 0xff) {
        if (this.#bytes[this.#at + 1] !== 0) throw new SyntaxError("premature end of image data");
        this.#at++;
      }
      this.#at++;
      this.#bits = byte;
      this.#left = 8;
    }
    return (this.#bits >> --this.#left) & 1;
  }

  /** An unsigned number of `count` bits. */
  number(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = (value << 1) | this.bit();
    return value;
  }

  /** A number of `count` bits whose first bit is its sign (F.2.2.1 of the standard). */
  signed(count: number): number {
    if (count === 0) return 0;
    const value = this.number(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /**
   * The symbol of the next Huffman code.
   *
   * @throws {SyntaxError} If the bits are no code of the table.
   */
  symbol(table: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.bit();
      if (code <= table.maxCode[length]!) return table.symbols[code + table.offset[length]!]!;
    }
    throw new SyntaxError("bad Huffman code");
  }

  /**
   * Steps over a restart marker.
   *
   * @throws {SyntaxError} If there is none.
   */
  restart(): void {
    this.#left = 0;
    const marker = this.#bytes[this.#at + 1] ?? 0;
    if (this.#bytes[this.#at] !== 0xff || marker < 0xd0 || marker > 0xd7) {
      throw new SyntaxError("a restart marker is missing");
    }
    this.#at += 2;
  }
}
