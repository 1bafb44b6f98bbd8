/** Undoes the five row filters of PNG. */

/** Geometry of filtered rows: each a filter byte and `stride` data bytes. */
export interface FilteredRows {
  rows: number;
  stride: number;
  bytesPerPixel: number;
}

/**
 * Undoes the filters of `raw` and returns the bare rows, `rows * stride` bytes.
 *
 * @throws {SyntaxError} If a row has an unknown filter.
 */
export function unfilter(raw: Uint8Array, layout: FilteredRows): Uint8Array {
  const { rows, stride, bytesPerPixel } = layout;
  const out = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const from = row * (stride + 1) + 1;
    const filter = raw[from - 1]!;
    const line = { from, to: row * stride, stride, bpp: bytesPerPixel, first: row === 0 };
    if (filter === 0) out.set(raw.subarray(from, from + stride), line.to);
    else if (filter === 1) undoSub(raw, out, { line });
    else if (filter === 2) undoUp(raw, out, { line });
    else if (filter === 3) undoAverage(raw, out, { line });
    else if (filter === 4) undoPaeth(raw, out, { line });
    else throw new SyntaxError(`unknown filter ${filter} in row ${row}`);
  }
  return out;
}

interface Line {
  /** Where the row starts in the filtered and in the bare bytes. */
  from: number;
  to: number;
  stride: number;
  bpp: number;
  /** Whether there is no row above. */
  first: boolean;
}

function undoSub(raw: Uint8Array, out: Uint8Array, { line }: { line: Line }): void {
  const { from, to, stride, bpp } = line;
  for (let i = 0; i < stride; i++) {
    out[to + i] = i < bpp ? raw[from + i]! : raw[from + i]! + out[to + i - bpp]!;
  }
}

function undoUp(raw: Uint8Array, out: Uint8Array, { line }: { line: Line }): void {
  const { from, to, stride, first } = line;
  const above = first ? 0 : to - stride;
  const mask = first ? 0 : 255;
  for (let i = 0; i < stride; i++) out[to + i] = raw[from + i]! + (out[above + i]! & mask);
}

function undoAverage(raw: Uint8Array, out: Uint8Array, { line }: { line: Line }): void {
  const { from, to, stride, bpp, first } = line;
  const above = first ? 0 : to - stride;
  const mask = first ? 0 : 255;
  for (let i = 0; i < bpp && i < stride; i++) {
    out[to + i] = raw[from + i]! + ((out[above + i]! & mask) >> 1);
  }
  for (let i = bpp; i < stride; i++) {
    out[to + i] = raw[from + i]! + ((out[to + i - bpp]! + (out[above + i]! & mask)) >> 1);
  }
}

function undoPaeth(raw: Uint8Array, out: Uint8Array, { line }: { line: Line }): void {
  const { from, to, stride, bpp, first } = line;
  if (first) return undoSub(raw, out, { line }); // with nothing above, Paeth takes the left
  const above = to - stride;
  for (let i = 0; i < bpp && i < stride; i++) out[to + i] = raw[from + i]! + out[above + i]!;
  // Channel by channel, so that the left and upper left neighbour stay in registers.
  for (let channel = 0; channel < bpp; channel++) {
    let left = out[to + channel]!;
    let corner = out[above + channel]!;
    for (let i = channel + bpp; i < stride; i += bpp) {
      const up = out[above + i]!;
      const pa = Math.abs(up - corner);
      const pb = Math.abs(left - corner);
      const pc = Math.abs(left + up - 2 * corner);
      // The nearest of left, up, corner, first come first served; masks, as branches mispredict.
      const cornerWins = (pc - pb) >> 31;
      const other = up ^ ((up ^ corner) & cornerWins);
      const otherWins = ((pb ^ ((pb ^ pc) & cornerWins)) - pa) >> 31;
      left = (raw[from + i]! + (left ^ ((left ^ other) & otherWins))) & 255;
      corner = up;
      out[to + i] = left;
    }
  }
}
