/** Undoes the five row filters of PNG. */

/** Geometry of a filtered block: `rows` lines of one filter byte and `stride` data bytes. */
export interface FilteredBlock {
  rows: number;
  stride: number;
  bytesPerPixel: number;
}

/**
 * Undoes the filters in place and drops the filter bytes: afterwards line i starts at i·stride.
 *
 * @throws {SyntaxError} If a line has an unknown filter.
 */
export function unfilter(block: Uint8Array, layout: FilteredBlock): void {
  const { rows, stride, bytesPerPixel: bpp } = layout;
  for (let row = 0; row < rows; row++) {
    const source = row * (stride + 1);
    const filter = block[source]!;
    const line = row * stride;
    const above = line - stride;
    block.copyWithin(line, source + 1, source + 1 + stride);
    if (filter === 0) continue;
    if (filter > 4) throw new SyntaxError(`unknown filter ${filter} in row ${row}`);
    const end = line + stride;
    if (filter === 1) {
      for (let i = line + bpp; i < end; i++) block[i] = block[i]! + block[i - bpp]!;
    } else if (filter === 2) {
      if (row > 0) { for (let i = line; i < end; i++) block[i] = block[i]! + block[i - stride]!; }
    } else if (filter === 3) {
      unfilterAverage(block, { line, end, above: row > 0 ? above : -1, bpp });
    } else if (row === 0) {
      // With nothing above, Paeth predicts the left neighbour.
      for (let i = line + bpp; i < end; i++) block[i] = block[i]! + block[i - bpp]!;
    } else {
      unfilterPaeth(block, { line, end, above, bpp });
    }
  }
}

interface Line {
  line: number;
  end: number;
  /** Start of the line above, or −1. */
  above: number;
  bpp: number;
}

function unfilterAverage(block: Uint8Array, { line, end, above, bpp }: Line): void {
  for (let i = line; i < end; i++) {
    const left = i >= line + bpp ? block[i - bpp]! : 0;
    const up = above >= 0 ? block[above + i - line]! : 0;
    block[i] = block[i]! + ((left + up) >> 1);
  }
}

function unfilterPaeth(block: Uint8Array, { line, end, above, bpp }: Line): void {
  const up = above - line;
  for (let i = line; i < line + bpp && i < end; i++) block[i] = block[i]! + block[i + up]!;
  for (let i = line + bpp; i < end; i++) {
    const a = block[i - bpp]!;
    const b = block[i + up]!;
    const c = block[i + up - bpp]!;
    const pa = b > c ? b - c : c - b;
    const pb = a > c ? a - c : c - a;
    const s = a + b - c - c;
    const pc = s < 0 ? -s : s;
    block[i] = block[i]! + (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
  }
}
