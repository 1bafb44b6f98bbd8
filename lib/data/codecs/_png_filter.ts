/** Undoes the five row filters of PNG. */

/** Geometry of filtered rows: each a filter byte and `stride` data bytes. */
export interface FilteredRows {
  rows: number;
  stride: number;
  bytesPerPixel: number;
}

/**
 * Undoes the filters of `raw` and returns the bare rows, `rows * stride` bytes, in the same memory: a
 * row moves forward by as many bytes as there are filter bytes before it.
 *
 * @throws {SyntaxError} If a row has an unknown filter.
 */
export function unfilter(raw: Uint8Array, layout: FilteredRows): Uint8Array {
  const { rows, stride, bytesPerPixel } = layout;
  const out = new Uint8Array(raw.buffer, raw.byteOffset, rows * stride);
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
  if (bpp === 3) return undoPaethRgb(raw, out, { line });
  // Channel by channel, from a copy: the first channel's bytes come to lie over those of the others.
  const copy = new Uint8Array(raw.subarray(from, from + stride));
  for (let channel = 0; channel < bpp; channel++) {
    undoPaethOf(copy, out, { line: { ...line, from: 0 }, channel });
  }
}

/** One channel of a row, so that the left and upper left neighbour stay in registers. */
function undoPaethOf(
  raw: Uint8Array,
  out: Uint8Array,
  { line, channel }: { line: Line; channel: number },
): void {
  const { from, to, stride, bpp } = line;
  const above = to - stride;
  let left = out[to + channel]!;
  let corner = out[above + channel]!;
  for (let i = channel + bpp; i < stride; i += bpp) {
    const up = out[above + i]!;
    left = (raw[from + i]! + nearestOf(left, up, corner)) & 255;
    corner = up;
    out[to + i] = left;
  }
}

/** All of RGB at once: three chains of dependent sums, which the processor works on side by side. */
function undoPaethRgb(raw: Uint8Array, out: Uint8Array, { line }: { line: Line }): void {
  const { from, to, stride } = line;
  const above = to - stride;
  let [r, g, b] = [out[to]!, out[to + 1]!, out[to + 2]!];
  let [cornerR, cornerG, cornerB] = [out[above]!, out[above + 1]!, out[above + 2]!];
  for (let i = 3; i < stride; i += 3) {
    const upR = out[above + i]!;
    const upG = out[above + i + 1]!;
    const upB = out[above + i + 2]!;
    r = (raw[from + i]! + nearestOf(r, upR, cornerR)) & 255;
    g = (raw[from + i + 1]! + nearestOf(g, upG, cornerG)) & 255;
    b = (raw[from + i + 2]! + nearestOf(b, upB, cornerB)) & 255;
    cornerR = upR;
    cornerG = upG;
    cornerB = upB;
    out[to + i] = r;
    out[to + i + 1] = g;
    out[to + i + 2] = b;
  }
}

/**
 * Which of left, up and corner is nearest to left + up − corner, first come first served; by masks, as
 * branches mispredict.
 */
function nearestOf(left: number, up: number, corner: number): number {
  const pa = Math.abs(up - corner);
  const pb = Math.abs(left - corner);
  const pc = Math.abs(left + up - 2 * corner);
  const cornerWins = (pc - pb) >> 31;
  const other = up ^ ((up ^ corner) & cornerWins);
  const otherWins = ((pb ^ ((pb ^ pc) & cornerWins)) - pa) >> 31;
  return left ^ ((left ^ other) & otherWins);
}
