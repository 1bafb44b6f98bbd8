// Filter gradient: dW[tap][k][n] = sum over pixels m of x[pointer(m, tap) + k] * dy[m][n].
//
// Chunk = (slice of the pixels, tap, panel group). Slices are a function of the shape alone and
// their partial sums are added in order: bit-identical for any number of threads.
import { FilterGrad, recordAt, Tap } from "./jobs";
import { rank16, rank12, rank8, rank4 } from "./micro";

const MR: i32 = 6;
const BLOCK: i32 = 128; // pixels whose operands stay in the first-level cache

export function filterGradChunk(p: FilterGrad, chunk: i32, scratch: usize): void {
  const groups = p.groups;
  const taps = p.tapsLength;
  const group = chunk % groups;
  const tap = (chunk / groups) % taps;
  const slice = chunk / groups / taps;

  const n = p.outChannels;
  const ld = p.outStride;
  const k = p.depth;
  const c = p.channels;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const ih = p.inHeight;
  const iw = p.inWidth;
  const sy = p.strideY;
  const sx = p.strideX;
  const x = p.x;
  const dyBase = p.dy;
  const offset = recordAt<Tap>(p.taps, tap);
  const dy = offset.dy;
  const dx = offset.dx;
  const size = <usize>(taps * k * ld) * 4;
  const out = p.out + <usize>slice * size + <usize>(tap * k * ld) * 4;

  const total = p.batch * oh * ow;
  const from = slice * p.slicePixels;
  const to = min(from + p.slicePixels, total);
  const firstPanel = group * p.groupPanels;
  const lastPanel = min(firstPanel + p.groupPanels, (n + 15) / 16);

  const narrow = k < MR; // fewer rows than a tile: gather them into padded rows
  const pairs = scratch;
  const gathered = scratch + BLOCK * 8;
  let fresh = 1;
  let m = from;
  let ox = m % ow;
  let oy = (m / ow) % oh;
  let b = m / ow / oh;
  while (m < to || fresh) {
    let live = 0;
    while (m < to && live < BLOCK) {
      const iy = oy * sy + dy;
      const ix = ox * sx + dx;
      if (<u32>iy < <u32>ih && <u32>ix < <u32>iw) {
        const at = pairs + <usize>live * 8;
        const row = x + <usize>((b * ih + iy) * iw + ix) * <usize>(c * 4);
        if (narrow) {
          const copy = gathered + <usize>live * 24;
          for (let i = 0; i < MR; i++) {
            store<f32>(copy + <usize>i * 4, i < k ? load<f32>(row + <usize>i * 4) : 0);
          }
          store<usize>(at, copy);
        } else store<usize>(at, row);
        store<usize>(at, dyBase + <usize>m * <usize>(n * 4), 4);
        live++;
      }
      m++;
      if (++ox == ow) {
        ox = 0;
        if (++oy == oh) {
          oy = 0;
          b++;
        }
      }
    }
    if (live == 0 && !fresh) break;
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const column = <usize>(panel * 64);
      const width = min(16, n - panel * 16);
      for (let i = 0; i < k; i += MR) {
        // The last tile is moved back over rows already done, which it computes again; only
        // its own new rows are stored.
        const start = narrow ? 0 : min(i, k - MR);
        const skip = i - start;
        const rows = min(MR, k - start) - skip;
        const o = out + <usize>(i * ld) * 4 + column;
        const a = <usize>(start * 4);
        const l = <usize>(ld * 4);
        if (width > 12) rank16(pairs, live, a, column, o, l, skip, rows, fresh);
        else if (width > 8) rank12(pairs, live, a, column, o, l, skip, rows, fresh);
        else if (width > 4) rank8(pairs, live, a, column, o, l, skip, rows, fresh);
        else rank4(pairs, live, a, column, o, l, skip, rows, fresh);
      }
    }
    fresh = 0;
  }
}
