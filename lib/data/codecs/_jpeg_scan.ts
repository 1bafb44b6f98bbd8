/** Entropy decoding of a JPEG scan: sequential and progressive (ITU T.81, annexes F and G). */

/** A Huffman table that is decoded bit by bit. */
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

/** A colour component and the coefficients read so far. */
export interface Component {
  id: number;
  /** Sampling factors. */
  h: number;
  v: number;
  quantization: number;
  /** Blocks that hold pixels. */
  blocksAcross: number;
  blocksDown: number;
  /** Blocks in a row of whole MCUs: the stride of `coefficients`. */
  stride: number;
  /** 64 per block, in zigzag order. */
  coefficients: Int16Array;
  /** Last DC value. */
  prediction: number;
  dc: HuffmanTable | undefined;
  ac: HuffmanTable | undefined;
}

/** One scan: which coefficients it holds and for whom. */
export interface Scan {
  components: Component[];
  progressive: boolean;
  /** First and last coefficient. */
  from: number;
  to: number;
  /** Bit position before (0: first scan) and now. */
  high: number;
  low: number;
  restartInterval: number;
  /** MCUs of the whole image. */
  mcusAcross: number;
  mcusDown: number;
}

/**
 * Reads all blocks of a scan.
 *
 * @throws {SyntaxError} If the data ends early or holds impossible codes.
 */
export function readScan(bits: BitReader, scan: Scan): void {
  const { components, restartInterval } = scan;
  const state: BlockState = { bits, scan, run: 0, component: components[0]!, at: 0 };
  const single = components.length === 1 ? components[0]! : undefined;
  const across = single ? single.blocksAcross : scan.mcusAcross;
  const down = single ? single.blocksDown : scan.mcusDown;
  for (let mcu = 0; mcu < across * down; mcu++) {
    if (restartInterval > 0 && mcu > 0 && mcu % restartInterval === 0) {
      bits.restart();
      state.run = 0;
      for (const component of components) component.prediction = 0;
    }
    const [row, column] = [Math.floor(mcu / across), mcu % across];
    if (single) {
      state.at = (row * single.stride + column) * 64;
      readBlock(state);
      continue;
    }
    for (const component of components) {
      const { h, v, stride } = component;
      state.component = component;
      for (let y = 0; y < v; y++) {
        for (let x = 0; x < h; x++) {
          state.at = ((row * v + y) * stride + column * h + x) * 64;
          readBlock(state);
        }
      }
    }
  }
}

interface BlockState {
  bits: BitReader;
  scan: Scan;
  /** Blocks still to come that hold nothing new (EOBRUN). */
  run: number;
  /** The current block: its component and its first coefficient. */
  component: Component;
  at: number;
}

function readBlock(state: BlockState): void {
  const { scan, bits, component, at } = state;
  if (!scan.progressive) {
    readDc(state);
    readAcFirst(state);
  } else if (scan.from === 0) {
    if (scan.high === 0) readDc(state);
    else if (bits.bit()) component.coefficients[at]! |= 1 << scan.low;
  } else if (scan.high === 0) {
    readAcFirst(state);
  } else {
    readAcAgain(state);
  }
}

function readDc({ bits, scan, component, at }: BlockState): void {
  if (!component.dc) throw new SyntaxError("a scan has no Huffman table");
  const size = bits.symbol(component.dc);
  if (size > 16) throw new SyntaxError("bad Huffman code");
  component.prediction += bits.signed(size);
  component.coefficients[at] = component.prediction * (1 << scan.low);
}

function readAcFirst(state: BlockState): void {
  const { bits, scan, component, at } = state;
  if (!component.ac) throw new SyntaxError("a scan has no Huffman table");
  if (state.run > 0) {
    state.run--;
    return;
  }
  for (let k = Math.max(1, scan.from); k <= scan.to; k++) {
    const symbol = bits.symbol(component.ac);
    const [zeros, size] = [symbol >> 4, symbol & 15];
    if (size === 0) {
      if (zeros === 15) {
        k += 15;
        continue;
      }
      state.run = (1 << zeros) - 1 + bits.number(zeros);
      return;
    }
    k += zeros;
    const value = bits.signed(size);
    if (k <= 63) component.coefficients[at + k] = value * (1 << scan.low);
  }
}

/** A further bit of coefficients seen before, and ±1 at new places. */
function readAcAgain(state: BlockState): void {
  const { bits, scan, component, at } = state;
  const data = component.coefficients;
  const step = 1 << scan.low;
  const refine = (k: number): void => {
    const value = data[at + k]!;
    if (bits.bit() && (value & step) === 0) data[at + k] = value + (value > 0 ? step : -step);
  };
  if (!component.ac) throw new SyntaxError("a scan has no Huffman table");
  let k = scan.from;
  while (state.run === 0 && k <= scan.to) {
    const symbol = bits.symbol(component.ac);
    let zeros = symbol >> 4;
    let fresh = 0;
    if ((symbol & 15) !== 0) fresh = bits.bit() ? step : -step;
    else if (zeros < 15) {
      state.run = (1 << zeros) + bits.number(zeros);
      break;
    }
    for (; k <= scan.to; k++) {
      if (data[at + k] !== 0) refine(k);
      else if (zeros-- === 0) {
        if (fresh !== 0) data[at + k] = fresh;
        k++;
        break;
      }
    }
  }
  if (state.run > 0) {
    for (; k <= scan.to; k++) if (data[at + k] !== 0) refine(k);
    state.run--;
  }
}
